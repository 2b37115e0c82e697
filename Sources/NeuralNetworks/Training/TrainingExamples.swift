public import Tensors

/// What a network learns from: input rows and, where the objective needs them, a target for each.
public struct TrainingExamples: Sendable {
    /// Shape `[n, …]`.
    public let inputs: Tensor<Float>
    /// Shape `[n, …]`; labels as `[n]`.
    public let targets: Tensor<Float>?

    /// Rows without targets, as an autoencoder learns from.
    public init(inputs: Tensor<Float>) {
        self.inputs = inputs
        targets = nil
    }

    /// Rows and as many rows of targets.
    ///
    /// - Throws: `.invalidTraining` when their numbers differ.
    public init(inputs: Tensor<Float>, targets: Tensor<Float>) throws(NeuralNetworkError) {
        guard inputs.rows == targets.rows else {
            throw NeuralNetworkError(
                .invalidTraining,
                "there are \(inputs.rows) rows and \(targets.rows) targets",
                remedy: "Give one target for each row"
            )
        }
        self.inputs = inputs
        self.targets = targets
    }

    /// Rows and the class of each, from 0 to below `classes`.
    ///
    /// - Throws: `.invalidTraining` when their numbers differ or a label is out of range.
    public init(inputs: Tensor<Float>, labels: [Int], classes: Int) throws(NeuralNetworkError) {
        if let index = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
            throw NeuralNetworkError(
                .invalidTraining,
                "the label of row \(index) is \(labels[index])",
                remedy: "Give labels from 0 to \(classes - 1)"
            )
        }
        try self.init(
            inputs: inputs,
            targets: Tensor(shape: [labels.count]) { _ = $0.initialize(from: labels.map(Float.init)) }
        )
    }

    var count: Int { inputs.rows }
}
