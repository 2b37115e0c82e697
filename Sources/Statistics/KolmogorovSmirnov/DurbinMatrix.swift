#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `P(D_n ≤ d)` as one entry of the n-th power of a matrix; exact, and quick while `n · d` is small.
///
/// Sources: J. Durbin (1968), Annals of Mathematical Statistics 39, pp. 398–411; G. Marsaglia, W. W. Tsang and J. Wang
/// (2003), "Evaluating Kolmogorov's distribution", Journal of Statistical Software 8(18).
enum DurbinMatrix {
    /// - Complexity: O((*n* *d*)³ log *n*).
    static func cumulative(_ d: Double, count n: Int) -> Double {
        let k = Int((Double(n) * d).rounded(.up))
        let size = 2 * k - 1
        var base = Scaled(matrix(k, size, h: Double(k) - Double(n) * d))
        var power = Scaled(identity(size))
        var rest = n
        while rest > 0 {
            if rest & 1 == 1 { power = power.times(base, size) }
            rest >>= 1
            if rest > 0 { base = base.times(base, size) }
        }
        // n! / n^n, factor by factor, rescaled on the way.
        var result = power.values[(k - 1) * size + k - 1]
        var exponent = power.exponent
        for i in 1...n {
            result *= Double(i) / Double(n)
            if result < Scaled.small, result > 0 {
                result *= Scaled.large
                exponent -= Scaled.bits
            }
        }
        return scalbn(result, Int32(exponent))
    }

    /// Ones over factorials on and below the first superdiagonal, with the first column and last row cut by `h`.
    private static func matrix(_ k: Int, _ size: Int, h: Double) -> [Double] {
        var inverseFactorials = [1.0]
        for j in 1...size { inverseFactorials.append(inverseFactorials[j - 1] / Double(j)) }
        var values = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...min(row + 1, size - 1) {
                values[row * size + column] = inverseFactorials[row - column + 1]
            }
        }
        for i in 0..<size {
            let cut = (1 - pow(h, Double(i + 1))) * inverseFactorials[i + 1]
            values[i * size] = cut
            values[(size - 1) * size + size - 1 - i] = cut
        }
        let corner = 1 - 2 * pow(h, Double(size)) + pow(max(2 * h - 1, 0), Double(size))
        values[(size - 1) * size] = corner * inverseFactorials[size]
        return values
    }

    private static func identity(_ size: Int) -> [Double] {
        var values = [Double](repeating: 0, count: size * size)
        for i in 0..<size { values[i * size + i] = 1 }
        return values
    }

    /// A matrix times a power of two, so that its own entries stay in range.
    private struct Scaled {
        static let bits = 256
        static let large = scalbn(1, Int32(bits))
        static let small = scalbn(1, Int32(-bits))

        var values: [Double]
        var exponent = 0

        init(_ values: [Double]) {
            self.values = values
        }

        func times(_ other: Scaled, _ size: Int) -> Scaled {
            var product = Scaled([Double](repeating: 0, count: size * size))
            product.exponent = exponent + other.exponent
            for row in 0..<size {
                for inner in 0..<size {
                    let factor = values[row * size + inner]
                    guard factor != 0 else { continue }
                    for column in 0..<size {
                        product.values[row * size + column] += factor * other.values[inner * size + column]
                    }
                }
            }
            if let largest = product.values.max(), largest > Scaled.large {
                for index in product.values.indices { product.values[index] *= Scaled.small }
                product.exponent += Scaled.bits
            }
            return product
        }
    }
}
