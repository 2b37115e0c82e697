#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `P(D_n ≤ d)` as a walk of convolutions; exact, for sizes up to a few hundred.
///
/// The empirical distribution function stays within `d` of the true one exactly when the number of values below each of
/// the 2n + 2 points `A_i`, where a bound jumps, stays between two bounds. The counts between points are Poisson
/// variables, conditioned on their sum.
///
/// Source: J. Pomeranz (1974), "Algorithm 487", Communications of the ACM 17, pp. 703–704.
enum PomeranzRecursion {
    /// - Complexity: O(*n*² · *n* *d*).
    static func cumulative(_ d: Double, count n: Int) -> Double {
        let points = jumps(Double(n) * d, n)
        var exponent = 0
        var row = [Double](repeating: 0, count: n + 1)
        row[0] = 1
        for i in points.indices {
            let weights = poissonWeights((points[i].place - (i > 0 ? points[i - 1].place : 0)) / Double(n), n + 1)
            let (low, high) = (max(0, points[i].low), min(n, points[i].high))
            var next = [Double](repeating: 0, count: n + 1)
            if low <= high {
                for j in low...high {
                    var sum = 0.0
                    for k in 0...j where row[k] != 0 { sum += row[k] * weights[j - k] }
                    next[j] = sum
                }
            }
            if let largest = next.max(), largest > 0, largest < 0x1p-256 {
                for j in next.indices { next[j] *= 0x1p256 }
                exponent -= 256
            }
            row = next
        }
        // Times n!, which undoes the conditioning.
        var result = row[n]
        for i in 1...n {
            result *= Double(i)
            if result > 0x1p256 {
                result *= 0x1p-256
                exponent += 256
            }
        }
        return scalbn(result, Int32(exponent))
    }

    /// A place where a bound jumps, in units of 1/n, and the counts that are allowed there.
    private struct Jump {
        var place: Double
        var low: Int
        var high: Int
    }

    /// The jumps after 0, in order.
    ///
    /// They are at every whole number, shifted by the fraction of `t` (where the lower bound jumps) and by its complement
    /// (the upper one), and at the end n. At place A the count lies strictly between A − t and A + t; whole parts are kept
    /// apart from fractions, as rounding must not move a bound.
    private static func jumps(_ t: Double, _ n: Int) -> [Jump] {
        let whole = Int(t)
        let fraction = t - Double(whole)
        let above = Int((2 * fraction).rounded(.up))
        let below = Int((1 - 2 * fraction).rounded(.down))
        var points: [Jump] = []
        for i in 0..<n {
            let lower = Jump(place: Double(i) + fraction, low: i - whole + 1, high: i + whole + above - 1)
            let upper = Jump(place: Double(i) + 1 - fraction, low: i - whole + below + 1, high: i + whole)
            points += fraction <= 0.5 ? [lower, upper] : [upper, lower]
        }
        points.append(Jump(place: Double(n), low: n, high: n))
        return points
    }

    private static func poissonWeights(_ mean: Double, _ count: Int) -> [Double] {
        var weights = [1.0]
        for m in 1..<count { weights.append(weights[m - 1] * mean / Double(m)) }
        return weights
    }
}
