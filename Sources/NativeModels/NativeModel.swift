import LinearAlgebra
public import NeuralNetworks
public import Prediction
public import Tensors

/// A classifier of our own: a network whose last layer gives one logit per class, and a description of it.
///
/// Inputs come in the unit of the schema (pixels of 0 to 16, say); turning them into the network's unit is the first
/// layer's work and so part of the model and of its gradients. Any number of threads may use one at once.
public struct NativeModel: DifferentiablePredictor, HiddenLayerPredictor {
    /// What the model is, takes and gives.
    public let model: ModelDescription
    /// Turns inputs into logits, shape `[n, classes]`.
    public let network: Network
    /// How the model came about; `nil` when nobody wrote it down.
    public let training: TrainingRecord?

    /// Makes a model of a trained network.
    ///
    /// - Throws: `.invalidModel` when the network does not take the described inputs, or does not give one logit for
    ///   each of at least two classes.
    public init(
        _ model: ModelDescription,
        network: Network,
        training: TrainingRecord? = nil
    ) throws(PredictionError) {
        let inputSize = network.inputShape.reduce(1, *)
        let described = model.inputs.reduce(0) { $0 + $1.elementCount }
        guard inputSize == described else {
            throw PredictionError(
                .invalidModel,
                "the network takes rows of \(network.inputShape) and the schema describes \(described) values",
                remedy: "Let the inputs of schema.toml add up to \(inputSize) values"
            )
        }
        guard network.outputShape == [model.classes.count], model.classes.count >= 2 else {
            throw PredictionError(
                .invalidModel,
                "the network gives rows of \(network.outputShape) and the schema names \(model.classes.count) classes",
                remedy: "Let the last layer have one unit for each class, at least 2"
            )
        }
        self.model = model
        self.network = network
        self.training = training
    }

    /// The number of classes.
    private var classes: Int { network.outputShape[0] }

    // MARK: Predictor

    /// The probability of each class.
    ///
    /// - Parameter batch: Shape `[n, …]`, rows of the input's size in any arrangement of axes; `n` may be 0. A row with
    ///   NaN gets NaN.
    /// - Returns: Shape `[n, classes]`, each row summing to 1.
    /// - Throws: `.shapeMismatch` when the rows have another size.
    public func predict(_ batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        var result = try callNetwork { network throws(NeuralNetworkError) in try network(batch) }
        result.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            Elementwise.softmaxRows(base, into: base, rows: values.count / classes, columns: classes)
        }
        return result
    }

    /// Writes the probability of each class into a buffer of the caller's.
    ///
    /// Allocates nothing once as many rows have been asked for before, by as many threads at once.
    ///
    /// - Parameters:
    ///   - rows: Rows of the input's size, one after the other; there may be none.
    ///   - probabilities: Room for one value of each class and row.
    /// - Throws: `.shapeMismatch` when a size does not fit.
    public func predict(
        _ rows: UnsafeBufferPointer<Float>,
        into probabilities: UnsafeMutableBufferPointer<Float>
    ) throws(PredictionError) {
        try callNetwork { network throws(NeuralNetworkError) in try network.run(rows, into: probabilities) }
        guard let base = probabilities.baseAddress else { return }
        Elementwise.softmaxRows(base, into: base, rows: probabilities.count / classes, columns: classes)
    }

    // MARK: DifferentiablePredictor

    /// The gradient of one class's probability for each row.
    ///
    /// - Throws: `.unknownOutput` for a class that does not exist; `.shapeMismatch`.
    /// - Complexity: One pass forward and one back.
    public func gradient(
        ofOutput classes: [Int],
        at batch: Tensor<Float>
    ) throws(PredictionError) -> Tensor<Float> {
        try check(classes, batch)
        return try pullback(at: batch) { row, p, weights in
            let chosen = classes[row]
            for index in p.indices { weights[index] = p[chosen] * ((index == chosen ? 1 : 0) - p[index]) }
        }
    }

    /// The gradient of `−log probability[label]` for each row, taken at the logits, where it does not vanish.
    ///
    /// - Throws: `.unknownOutput` for a label that does not exist; `.shapeMismatch`.
    /// - Complexity: One pass forward and one back.
    public func lossGradient(labels: [Int], at batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        try check(labels, batch)
        return try pullback(at: batch) { row, p, weights in
            for index in p.indices { weights[index] = p[index] - (index == labels[row] ? 1 : 0) }
        }
    }

    /// `Σ weights · ∂ probability / ∂ input` for each row.
    ///
    /// - Complexity: One pass forward and one back, however many classes there are.
    public func pullback(
        _ weights: Tensor<Float>,
        at batch: Tensor<Float>
    ) throws(PredictionError) -> Tensor<Float> {
        guard weights.shape == [batch.rows, classes] else {
            throw PredictionError(
                .shapeMismatch,
                "pullback: weights \(weights.shape) for \(batch.rows) rows of \(classes) classes",
                remedy: "Give one weight for each row and class"
            )
        }
        return try weights.withUnsafeBufferPointer { given throws(PredictionError) in
            try pullback(at: batch) { row, p, weights in
                var mean: Float = 0
                for index in p.indices { mean += p[index] * given[row * classes + index] }
                for index in p.indices { weights[index] = p[index] * (given[row * classes + index] - mean) }
            }
        }
    }

    /// Carries weights of the logits, computed from each row's probabilities, back to the inputs.
    private func pullback(
        at batch: Tensor<Float>,
        _ body: (_ row: Int, _ p: UnsafeBufferPointer<Float>, _ weights: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(PredictionError) -> Tensor<Float> {
        try callNetwork { network throws(NeuralNetworkError) in
            try network.pullback(at: batch) { rows, logits, weights in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { p in
                    guard let source = logits.baseAddress, let target = p.baseAddress else { return }
                    Elementwise.softmaxRows(source, into: target, rows: rows.count, columns: classes)
                    for (index, row) in rows.enumerated() {
                        let range = index * classes..<(index + 1) * classes
                        body(row, UnsafeBufferPointer(rebasing: p[range]), .init(rebasing: weights[range]))
                    }
                }
            }
        }
    }

    // MARK: HiddenLayerPredictor

    /// The names of the layers, first to last; the last one's activations are the logits.
    public var layers: [String] { network.layerNames }

    /// What a layer computes.
    ///
    /// - Throws: `.unknownOutput` that lists the layers; `.shapeMismatch`.
    public func activations(of layer: String, at batch: Tensor<Float>) throws(PredictionError) -> Tensor<Float> {
        try callNetwork { network throws(NeuralNetworkError) in try network.activations(of: layer, at: batch) }
    }

    // MARK: Checks

    private func check(_ chosen: [Int], _ batch: Tensor<Float>) throws(PredictionError) {
        guard chosen.count == batch.rows else {
            throw PredictionError(
                .shapeMismatch,
                "\(chosen.count) classes were given for \(batch.rows) rows",
                remedy: "Give one class for each row"
            )
        }
        if let wrong = chosen.first(where: { !(0..<classes).contains($0) }) {
            throw PredictionError(
                .unknownOutput,
                "there is no class \(wrong)",
                remedy: "Choose from 0 to \(classes - 1)"
            )
        }
    }

    /// Calls the network and says which model an error came from.
    private func callNetwork<Result>(
        _ body: (Network) throws(NeuralNetworkError) -> Result
    ) throws(PredictionError) -> Result {
        do {
            return try body(network)
        } catch {
            throw PredictionError(
                error.code == .unknownLayer ? .unknownOutput : .shapeMismatch,
                "model \(model.name): \(error.message)",
                remedy: error.remedy,
                cause: error
            )
        }
    }
}
