import LinearAlgebra
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The least-squares estimate of the difference of two densities, from mean kernels at fixed centres.
///
/// With `h` the difference of the mean kernels and `H` the kernels of the centres with width σ√2, the estimate of
/// `∫ (p − q)²`, up to a constant of the kernel, is `hᵀ (2 (H + λI)⁻¹ − (H + λI)⁻¹ H (H + λI)⁻¹) h`. In the eigenvectors
/// of `H` it is a weighted sum of squares, so centres that repeat do no harm.
///
/// Source: M. Sugiyama et al. (2013), "Density-difference estimation", Neural Computation 25, arXiv:1207.0099; L. Bu,
/// C. Alippi and D. Zhao (2018), "A pdf-free change detection test based on density difference estimation", IEEE
/// Transactions on Neural Networks and Learning Systems 29(2).
package struct DensityDifference: Sendable {
    private let values: [Double]
    private let vectors: Tensor<Double>  // a row each

    /// The strengths λ that are tried, strongest first: 4⁰ to 4⁻⁹.
    package static let strengths: [Double] = (0..<10).map { 1 / Double(1 << (2 * $0)) }

    /// Decomposes the centres' kernels.
    ///
    /// - Complexity: O(*c*³).
    package init(_ map: CentreKernels) throws {
        // exp(−d² / 2(√2 σ)²), in double precision: λ goes down to 4·10⁻⁶.
        let centres = try map.centres.converted(to: Double.self)
        let distances = try PairwiseDistances.squared(centres, centres)
        let gammas = map.kernel.sigmas.map { 1 / (4 * Double($0) * Double($0)) }
        let kernels = distances.withUnsafeBufferPointer { distances in
            distances.map { distance in gammas.reduce(0) { $0 + exp(-$1 * distance) } / Double(gammas.count) }
        }
        try self.init(kernels: kernels)
    }

    /// Decomposes the kernels of the centres with each other, of width σ√2, row-major.
    init(kernels: [Double]) throws {
        let count = Int(Double(kernels.count).squareRoot())
        let eigen = try SymmetricEigen(of: Tensor(shape: [count, count], elements: kernels))
        values = eigen.values.map { max(0, $0) }
        vectors = eigen.vectors
    }

    /// Writes the kernels of one row in the eigenvectors of `H`.
    func rotate(_ kernels: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>) {
        let count = values.count
        vectors.withUnsafeBufferPointer { vectors in
            for vector in 0..<count {
                var lanes = SIMD4<Double>.zero
                var place = 0
                while place + 4 <= count {
                    let start = vector * count + place
                    let part = SIMD4(vectors[start], vectors[start + 1], vectors[start + 2], vectors[start + 3])
                    lanes += part * SIMD4(kernels[place], kernels[place + 1], kernels[place + 2], kernels[place + 3])
                    place += 4
                }
                var sum = lanes.sum()
                while place < count {
                    sum += vectors[vector * count + place] * kernels[place]
                    place += 1
                }
                target[vector] = sum
            }
        }
    }

    /// Kernels in the eigenvectors of `H`, as ``rotate(_:into:)`` writes them.
    func rotated(vector kernels: [Double]) -> [Double] {
        kernels.withUnsafeBufferPointer { kernels in
            [Double](unsafeUninitializedCapacity: kernels.count) { target, count in
                guard let source = kernels.baseAddress, let base = target.baseAddress else { return }
                rotate(source, into: base)
                count = kernels.count
            }
        }
    }

    /// Differences of mean kernels in the eigenvectors of `H`, row-major `[ways, c]`.
    package func rotated(_ differences: [Double]) throws -> [Double] {
        let rows = try Tensor(shape: [differences.count / values.count, values.count], elements: differences)
        return try BLAS.matmul(rows, vectors, .plain, .transposed).elements
    }

    /// The strongest λ at which the two estimates that the statistic is made of differ, relatively and in the mean over
    /// all differences, by less than `limit`; the weakest where none does.
    package func strength(_ rotated: [Double], limit: Double) -> Double {
        let count = values.count
        let ways = rotated.count / count
        for strength in Self.strengths {
            var total = 0.0
            for way in 0..<ways {
                var first = 0.0
                var second = 0.0
                for index in 0..<count {
                    let g = rotated[way * count + index]
                    let damped = g * g / (values[index] + strength)
                    first += damped
                    second += damped * values[index] / (values[index] + strength)
                }
                total += first > 0 ? 1 - second / first : 0
            }
            if total / Double(ways) < limit { return strength }
        }
        return Self.strengths[Self.strengths.count - 1]
    }

    /// What each square counts.
    func weights(_ strength: Double) -> [Double] {
        values.map { 2 / ($0 + strength) - $0 / (($0 + strength) * ($0 + strength)) }
    }

    /// The estimates of several differences.
    package func estimates(_ rotated: [Double], strength: Double) -> [Double] {
        let weights = weights(strength)
        let count = values.count
        return (0..<rotated.count / count).map { way in
            (0..<count).reduce(0) { sum, index in
                let g = rotated[way * count + index]
                return sum + weights[index] * g * g
            }
        }
    }

    /// `M h`, whose product with a row's kernels is that row's part in the estimate.
    func slopes(_ rotated: ArraySlice<Double>, strength: Double) throws -> [Double] {
        let damped = zip(weights(strength), rotated).map(*)
        return try BLAS.matmul(Tensor(shape: [1, values.count], elements: damped), vectors).elements
    }
}
