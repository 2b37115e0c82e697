import LinearAlgebra
package import Tensors

/// The squared maximum mean discrepancy of two samples given their contexts: how differently rows look where contexts are
/// the same, averaged over contexts that were held out.
///
/// For each held context `c` both samples' conditional mean embeddings are weights of their rows, `a = (L + n λ I)⁻¹ l(c)`,
/// and the discrepancy at `c` is `a₀ᵀ K₀₀ a₀ + a₁ᵀ K₁₁ a₁ − 2 a₀ᵀ K₀₁ a₁`.
///
/// Source: O. Cobb and A. Van Looveren (2022), "Context-aware drift detection", ICML, arXiv:2203.08644, equation 7.
package struct ConditionalDiscrepancy: Sendable {
    private let similarity: Tensor<Double>  // [N, N]
    private let contexts: Tensor<Double>  // [N, N]
    private let held: Tensor<Double>  // [h, N]
    private let strengths: (reference: Double, window: Double)

    /// - Parameters:
    ///   - similarity: Kernels of all rows, shape `[N, N]`.
    ///   - contexts: Kernels of their contexts, shape `[N, N]`.
    ///   - held: Kernels of the contexts that were held out with those of the rows, shape `[h, N]`.
    ///   - strengths: λ of either sample.
    package init(
        similarity: Tensor<Double>,
        contexts: Tensor<Double>,
        held: Tensor<Double>,
        strengths: (reference: Double, window: Double)
    ) {
        self.similarity = similarity
        self.contexts = contexts
        self.held = held
        self.strengths = strengths
    }

    /// Rows of both samples.
    package var count: Int { similarity.rows }

    /// The discrepancy at each held context when these rows are the window's; both sides have a row.
    ///
    /// - Complexity: O(*n*³ + *m*³ + *h N²*).
    package func atHeldContexts(isWindow: [Bool]) throws -> [Double] {
        var weights = [Double](repeating: 0, count: held.rows * count)
        for (side, strength, sign) in [(false, strengths.reference, 1.0), (true, strengths.window, -1.0)] {
            let places = isWindow.indices.filter { isWindow[$0] == side }
            let matrix = contexts.selecting(rows: places, columns: places)
            let solver = try Cholesky(of: matrix.addingToDiagonal(Double(places.count) * strength))
            let solved = try solver.solve(held.selecting(rows: Array(0..<held.rows), columns: places))
            for row in 0..<held.rows {
                for (column, place) in places.enumerated() {
                    weights[row * count + place] = sign * solved[row * places.count + column]
                }
            }
        }
        // With one sample's weights negative the three parts are one quadratic form.
        let signed = try Tensor(shape: [held.rows, count], elements: weights)
        let products = try BLAS.matmul(signed, similarity)
        return (0..<held.rows).map { row in
            (row * count..<(row + 1) * count).reduce(0) { $0 + signed[$1] * products[$1] }
        }
    }

    /// The mean over the held contexts.
    package func squared(isWindow: [Bool]) throws -> Double {
        let parts = try atHeldContexts(isWindow: isWindow)
        return parts.reduce(0, +) / Double(parts.count)
    }
}
