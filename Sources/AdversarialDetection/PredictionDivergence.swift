package import Methods
package import Prediction
package import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How differently a model answers to a row and to the row's reproduction by an autoencoder.
package struct PredictionDivergence: Sendable {
    private let model: any Predictor
    private let autoencoder: Autoencoder
    private let temperature: Double

    /// A probability below this counts as this, as in the training, so that a class ruled out by one side gives a large
    /// score and not an infinite one.
    private static let smallestProbability = 1e-7

    /// Creates the comparison.
    package init(model: any Predictor, autoencoder: Autoencoder, temperature: Double) {
        self.model = model
        self.autoencoder = autoencoder
        self.temperature = temperature
    }

    /// What is found of one row.
    package struct Comparison: Sendable, Equatable {
        /// `KL(f(x)^(1/T) ‖ f(AE(x))^(1/T))` in nats, each side divided by its sum; NaN for a row that is not finite.
        package var score: Double
        /// The class that the model answers to the row.
        package var predicted: Int
        /// The class that it answers to the reproduction.
        package var corrected: Int
    }

    /// Compares each row with its reproduction.
    ///
    /// - Parameter rows: Shape `[n, …]`.
    /// - Throws: `.shapeMismatch`, or the model's own error.
    /// - Complexity: Two model calls for the batch.
    package func compared(_ rows: Tensor<Float>) throws -> [Comparison] {
        guard rows.rows > 0 else { return [] }
        let reproduced = try autoencoder.reconstruction(of: rows)
        let answers = try model.predict(rows)
        let again = try model.predict(reproduced)
        guard answers.shape == again.shape else {
            throw MethodError(
                .shapeMismatch,
                "the model answered \(answers.shape) and \(again.shape) to batches of one shape",
                remedy: "Check the model; its answers should depend on the rows alone"
            )
        }
        return (0..<rows.rows).map { row in
            let (p, q) = (answers[row: row].elements, again[row: row].elements)
            return Comparison(score: divergence(p, q), predicted: Self.largest(p), corrected: Self.largest(q))
        }
    }

    private func divergence(_ p: [Float], _ q: [Float]) -> Double {
        guard p.allSatisfy(\.isFinite), q.allSatisfy(\.isFinite) else { return .nan }
        let (p, q) = (tempered(p), tempered(q))
        return zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    }

    private func tempered(_ probabilities: [Float]) -> [Double] {
        let floored = probabilities.map { max(Double($0), Self.smallestProbability) }
        guard temperature != 1 else { return floored }
        let raised = floored.map { pow($0, 1 / temperature) }
        let sum = raised.reduce(0, +)
        return raised.map { max($0 / sum, Self.smallestProbability) }
    }

    private static func largest(_ values: [Float]) -> Int {
        values.indices.max { values[$0] < values[$1] } ?? 0
    }
}
