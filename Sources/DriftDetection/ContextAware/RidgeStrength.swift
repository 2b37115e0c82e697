import LinearAlgebra
package import Tensors

/// How strongly a conditional mean embedding is smoothed, chosen by cross-validation.
///
/// The embedding of what rows look like given their context is a ridge regression with values in the kernel's space:
/// weights `(L + n λ I)⁻¹ l(c)` of the rows. λ is the one of 2⁰ to 2⁻¹⁹ with the least squared error, in that space, of
/// rows that were left out.
///
/// Source: O. Cobb and A. Van Looveren (2022), "Context-aware drift detection", ICML, arXiv:2203.08644, section 4.
package enum RidgeStrength {
    private static let candidates = (0..<20).map { 1 / Double(1 << $0) }

    /// Chooses λ.
    ///
    /// - Parameters:
    ///   - similarity: Kernels of the rows, shape `[n, n]`.
    ///   - contexts: Kernels of their contexts, shape `[n, n]`.
    ///   - order: An order of the rows, of which each fold leaves out a stretch.
    ///   - folds: At least 2; with fewer rows than that there is one a row.
    /// - Complexity: O(*folds* · *n*³).
    package static func choose(
        similarity: Tensor<Double>,
        contexts: Tensor<Double>,
        order: [Int],
        folds: Int
    ) throws -> Double {
        let size = max(1, order.count / folds)
        var losses = [Double](repeating: 0, count: candidates.count)
        for fold in 0..<min(folds, order.count) {
            let out = Array(order[fold * size..<(fold + 1) * size])
            let kept = Array(order[..<(fold * size)] + order[((fold + 1) * size)...])
            guard !kept.isEmpty else { continue }
            let n = kept.count
            let eigen = try SymmetricEigen(of: contexts.selecting(rows: kept, columns: kept))
            let vectors = eigen.vectors  // [n, n], one a row
            // In the basis of the vectors the inverse is a diagonal.
            let between = contexts.selecting(rows: out, columns: kept)
            let rotated = try BLAS.matmul(between, vectors, .plain, .transposed)  // [out, n]
            let inner = try BLAS.matmul(
                BLAS.matmul(vectors, similarity.selecting(rows: kept, columns: kept)),
                vectors,
                .plain,
                .transposed
            )
            let cross = try BLAS.matmul(
                similarity.selecting(rows: out, columns: kept),
                vectors,
                .plain,
                .transposed
            )
            for (index, candidate) in candidates.enumerated() {
                let scales = eigen.values.map { 1 / ($0 + Double(n) * candidate) }
                var weights = rotated
                for row in 0..<out.count {
                    for column in 0..<n { weights[row * n + column] *= scales[column] }
                }
                let products = try BLAS.matmul(weights, inner)
                for place in 0..<out.count * n {
                    losses[index] += weights[place] * (products[place] - 2 * cross[place])
                }
            }
        }
        let least = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        return candidates[least]
    }
}
