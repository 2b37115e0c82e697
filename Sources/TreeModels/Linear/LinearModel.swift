public import Prediction
public import Tensors

/// A linear model of scikit-learn or XGBoost: a regression, or a classifier through its logistic or softmax.
public struct LinearModel: DifferentiablePredictor {
    /// What the model is, takes and gives.
    public let model: ModelDescription
    /// What turns margins into outputs.
    public let transform: MarginTransform
    private let weights: LinearWeights

    /// - Throws: `.invalidModel` when the description has other numbers of inputs or outputs than the weights, or the
    ///   transform is not defined for so many margins.
    init(_ model: ModelDescription, weights: LinearWeights, transform: MarginTransform) throws(PredictionError) {
        try model.check(inputs: weights.inputs, margins: weights.outputs, transform: transform)
        self.model = model
        self.weights = weights
        self.transform = transform
    }

    /// Shape `[inputs, margins]`: how fast each margin grows with each input.
    public var coefficients: [Double] { weights.coefficients }
    /// The margins of a row of zeros.
    public var intercepts: [Double] { weights.intercepts }

    /// The outputs of each row: class probabilities, or what the model predicts.
    ///
    /// - Parameter batch: Shape `[n, …]`, rows of the model's input size in any arrangement.
    /// - Returns: Shape `[n, outputs]`; a row with NaN gets NaN, but of XGBoost's models, where it counts as absent.
    /// - Throws: `.shapeMismatch` when the rows have another size.
    public func predict(_ batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        transform.outputs(of: try margins(of: batch))
    }

    /// The margins of each row, shape `[n, margins]`.
    ///
    /// - Throws: `.shapeMismatch` when the rows have another size.
    public func margins(of batch: Tensor<Float>) throws(PredictionError) -> Tensor<Double> {
        try model.check(batch, inputs: weights.inputs)
        return batch.withUnsafeBufferPointer { rows in
            Tensor(shape: [batch.rows, weights.outputs]) { weights.margins(of: rows, into: $0) }
        }
    }

    // MARK: DifferentiablePredictor

    /// The gradient of one output of each row.
    ///
    /// - Throws: `.unknownOutput` for an output that does not exist; `.shapeMismatch`.
    public func gradient(ofOutput classes: [Int], at batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        try check(classes, rows: batch.rows)
        return try pullback(at: batch) { row, margins in
            transform.pullback(at: margins) { $0 == classes[row] ? 1 : 0 }
        }
    }

    /// The gradient of `−log output[label]` of each row, taken at the margins, where it does not vanish.
    ///
    /// - Throws: `.unknownOutput` for a label that does not exist, and for a model that gives no class probabilities;
    ///   `.shapeMismatch`.
    public func lossGradient(labels: [Int], at batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        try check(labels, rows: batch.rows)
        guard transform.givesClassProbabilities else {
            throw PredictionError(
                .unknownOutput,
                "the model \(model.name) is no classifier, and the cross-entropy is one's loss",
                remedy: "Give a classifier"
            )
        }
        return try pullback(at: batch) { row, margins in transform.lossGradient(label: labels[row], at: margins) }
    }

    /// `Σ weights · ∂ output / ∂ input` of each row.
    ///
    /// - Throws: `.shapeMismatch`.
    public func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        let outputs = transform.outputs(ofMargins: self.weights.outputs)
        guard weights.shape == [batch.rows, outputs] else {
            throw PredictionError(
                .shapeMismatch,
                "pullback: weights \(weights.shape) for \(batch.rows) rows of \(outputs) outputs",
                remedy: "Give one weight for each row and output"
            )
        }
        return try pullback(at: batch) { row, margins in
            transform.pullback(at: margins) { Double(weights[row * outputs + $0]) }
        }
    }

    /// Carries weights of the margins back to the inputs.
    private func pullback(
        at batch: Tensor<Float>,
        _ marginWeights: (_ row: Int, _ margins: [Double]) -> [Double]
    ) throws(PredictionError) -> Tensor<Float> {
        let margins = try margins(of: batch)
        return Tensor(shape: batch.shape) { gradient in
            for row in 0..<batch.rows {
                let weights = marginWeights(row, margins[row: row].elements)
                weights.withUnsafeBufferPointer {
                    self.weights.pullback(
                        $0,
                        into: UnsafeMutableBufferPointer(
                            rebasing: gradient[row * batch.elementsPerRow..<(row + 1) * batch.elementsPerRow]
                        )
                    )
                }
            }
        }
    }

    private func check(_ chosen: [Int], rows: Int) throws(PredictionError) {
        guard chosen.count == rows else {
            throw PredictionError(
                .shapeMismatch,
                "\(chosen.count) outputs were given for \(rows) rows",
                remedy: "Give one output for each row"
            )
        }
        let outputs = transform.outputs(ofMargins: weights.outputs)
        if let wrong = chosen.first(where: { !(0..<outputs).contains($0) }) {
            throw PredictionError(
                .unknownOutput,
                "there is no output \(wrong)",
                remedy: "Choose from 0 to \(outputs - 1)"
            )
        }
    }
}
