public import Prediction
public import Tensors

/// A model of XGBoost, LightGBM or scikit-learn that is a sum of decision trees.
///
/// Inputs are 32-bit floats, as in every predictor. XGBoost and scikit-learn's trees see them so themselves; LightGBM and
/// scikit-learn's histogram trees compare in 64 bits, so that a value which lies within a float's rounding of a threshold
/// may take the other side.
public struct TreeModel: TreePredictor {
    /// What the model is, takes and gives.
    public let model: ModelDescription
    /// The trees.
    public let ensemble: TreeEnsemble
    /// What turns margins into outputs.
    public let transform: MarginTransform
    private let walk: TreeWalk

    /// Makes a model of trees.
    ///
    /// - Throws: `.invalidModel` when the description has other numbers of inputs or outputs than the trees, or the
    ///   transform is not defined for so many margins.
    public init(
        _ model: ModelDescription,
        ensemble: TreeEnsemble,
        transform: MarginTransform
    ) throws(PredictionError) {
        try model.check(inputs: ensemble.inputs, margins: ensemble.outputs, transform: transform)
        self.model = model
        self.ensemble = ensemble
        self.transform = transform
        walk = TreeWalk(ensemble)
    }

    /// The outputs of each row: class probabilities, or what the model predicts.
    ///
    /// - Parameter batch: Shape `[n, …]`, rows of the model's input size in any arrangement; NaN is a missing value.
    /// - Returns: Shape `[n, outputs]`; a model of two classes gives both probabilities.
    /// - Throws: `.shapeMismatch` when the rows have another size.
    /// - Complexity: O(*rows* · *trees* · *depth*).
    public func predict(_ batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        transform.outputs(of: try margins(of: batch))
    }

    /// The margins of each row.
    ///
    /// - Throws: `.shapeMismatch` when the rows have another size.
    public func margins(of batch: Tensor<Float>) throws(PredictionError) -> Tensor<Double> {
        try model.check(batch, inputs: ensemble.inputs)
        return batch.withUnsafeBufferPointer { rows in
            Tensor(shape: [batch.rows, ensemble.outputs]) { walk.margins(of: rows, into: $0) }
        }
    }
}

extension MarginTransform {
    /// Transforms each row of margins.
    func outputs(of margins: consuming Tensor<Double>) -> Tensor<Float> {
        var margins = margins
        let rows = margins.rows
        let width = margins.elementsPerRow
        let outputs = outputs(ofMargins: width)
        return Tensor(shape: [rows, outputs]) { target in
            margins.withUnsafeMutableBufferPointer { source in
                for row in 0..<rows {
                    apply(
                        UnsafeMutableBufferPointer(rebasing: source[row * width..<(row + 1) * width]),
                        into: UnsafeMutableBufferPointer(rebasing: target[row * outputs..<(row + 1) * outputs])
                    )
                }
            }
        }
    }
}

extension ModelDescription {
    /// Compares what the schema says with what the file holds.
    func check(inputs: Int, margins: Int, transform: MarginTransform) throws(PredictionError) {
        guard transform.takes(margins: margins) else {
            throw PredictionError(
                .invalidModel,
                "the model gives \(margins) margins, which \(transform) does not take",
                remedy: "Save the model again"
            )
        }
        let outputs = transform.outputs(ofMargins: margins)
        for (what, given, described) in [("takes", inputs, self.inputs), ("gives", outputs, self.outputs)] {
            let sum = described.reduce(0) { $0 + $1.elementCount }
            guard sum == given else {
                throw PredictionError(
                    .invalidModel,
                    "the model \(what) rows of \(given) and the schema describes \(sum) values",
                    remedy: "Let the \(what == "takes" ? "inputs" : "outputs") of schema.toml add up to \(given) values"
                )
            }
        }
    }

    /// Checks the size of a batch's rows.
    func check(_ batch: Tensor<Float>, inputs: Int) throws(PredictionError) {
        guard !batch.shape.isEmpty, batch.elementsPerRow == inputs else {
            throw PredictionError(
                .shapeMismatch,
                "model \(name): rows of \(batch.shape.dropFirst()) values, and it takes \(inputs)",
                remedy: "Send rows of \(inputs) values, rows on the first axis"
            )
        }
    }
}
