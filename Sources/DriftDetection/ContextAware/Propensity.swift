import LinearAlgebra
package import Statistics
package import Tensors

/// The chance that a row of a context is the window's: logistic regression in the space of the contexts' kernel, which
/// answers with probabilities and needs no calibration afterwards.
///
/// Rows are described by their kernels with at most ``mostLandmarks`` contexts, in an orthonormal basis; the ridge is the
/// one of 1 to 10⁻⁵ with the least logarithmic loss over five folds.
///
/// Source: S. Canu and A. Smola (2006), "Kernel methods and the exponential family", Neurocomputing 69, pp. 714–720;
/// C. Williams and M. Seeger (2001), "Using the Nyström method to speed up kernel machines", NIPS 13.
package enum Propensity {
    static let mostLandmarks = 100
    private static let ridges = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
    private static let folds = 5

    /// The chance of each row.
    ///
    /// - Parameters:
    ///   - contexts: Kernels of the contexts, shape `[N, N]`.
    ///   - isWindow: Which rows are the window's.
    /// - Complexity: O(*N q²*) for *q* landmarks, thirty times and once.
    package static func chances(
        contexts: Tensor<Double>,
        isWindow: [Bool],
        using generator: inout SeededGenerator
    ) throws -> [Double] {
        let features = try features(contexts, using: &generator)
        let order = generator.permutation(isWindow.count)
        var losses = [Double](repeating: 0, count: ridges.count)
        for fold in 0..<folds {
            let out = order.indices.filter { $0 % folds == fold }.map { order[$0] }
            let kept = order.indices.filter { $0 % folds != fold }.map { order[$0] }
            for (index, ridge) in ridges.enumerated() {
                let learned = try LogisticRegression(of: features, isSecond: isWindow, places: kept, ridge: ridge)
                for row in out {
                    let chance = learned.chance(of: row, in: features)
                    losses[index] -= Double.logarithm(max(isWindow[row] ? chance : 1 - chance, 1e-12))
                }
            }
        }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        let learned = try LogisticRegression(
            of: features,
            isSecond: isWindow,
            places: Array(isWindow.indices),
            ridge: ridges[best]
        )
        return isWindow.indices.map { learned.chance(of: $0, in: features) }
    }

    /// Coordinates of each row, and a 1 for the intercept, shape `[N, q + 1]`.
    private static func features(
        _ contexts: Tensor<Double>,
        using generator: inout SeededGenerator
    ) throws -> Tensor<Double> {
        let count = contexts.rows
        let landmarks = generator.sample(min(mostLandmarks, count), of: count).sorted()
        let eigen = try SymmetricEigen(of: contexts.selecting(rows: landmarks, columns: landmarks))
        let kept = eigen.values.indices.filter { eigen.values[$0] > 1e-8 * (eigen.values.first ?? 0) }
        let coordinates = try BLAS.matmul(
            contexts.selecting(rows: Array(0..<count), columns: landmarks),
            eigen.vectors.selecting(rows: kept, columns: Array(0..<landmarks.count)),
            .plain,
            .transposed
        )
        let width = kept.count + 1
        return Tensor(shape: [count, width]) { target in
            for row in 0..<count {
                for (column, index) in kept.enumerated() {
                    let scale = eigen.values[index].squareRoot()
                    target.initializeElement(
                        at: row * width + column,
                        to: coordinates[row * kept.count + column] / scale
                    )
                }
                target.initializeElement(at: row * width + kept.count, to: 1)
            }
        }
    }
}
