public import Tensors

/// A sequence of layers with its weights: a value that never changes, safe to run from any number of threads.
///
/// Training makes a new network and leaves this one as it is. Runs take their buffers from a pool, so that the steady
/// state allocates nothing but its result.
public final class Network: Sendable {
    /// The shape of one input row.
    public let inputShape: [Int]
    /// The layers, first to last.
    public let layers: [Layer]
    /// The shape of one output row.
    public let outputShape: [Int]

    let plan: [LayerPlan]
    let buffer: WeightBuffer
    private let pool: WorkspacePool

    /// A network with starting weights.
    ///
    /// - Throws: `.invalidLayer` naming the layer that does not fit, before anything is allocated.
    public convenience init(
        inputShape: [Int],
        layers: [Layer],
        using generator: inout some RandomNumberGenerator
    ) throws(NeuralNetworkError) {
        let plan = try Self.plan(layers, inputShape: inputShape)
        let buffer = WeightBuffer(starting: plan.flatMap(\.allWeights), using: &generator)
        try self.init(inputShape: inputShape, layers: layers, plan: plan, buffer: buffer)
    }

    /// A network with given weights.
    ///
    /// - Parameter weights: For each of `weightShapes` a tensor of that name and shape, and nothing else.
    /// - Throws: `.invalidLayer`; `.invalidWeights` when a weight is missing, has another shape, holds a value that is
    ///   not finite, or belongs to no layer.
    public convenience init(
        inputShape: [Int],
        layers: [Layer],
        weights: [String: Tensor<Float>]
    ) throws(NeuralNetworkError) {
        let plan = try Self.plan(layers, inputShape: inputShape)
        let buffer = try WeightBuffer(plan.flatMap(\.allWeights), from: weights)
        try self.init(inputShape: inputShape, layers: layers, plan: plan, buffer: buffer)
    }

    init(
        inputShape: [Int],
        layers: [Layer],
        plan: [LayerPlan],
        buffer: WeightBuffer
    ) throws(NeuralNetworkError) {
        self.inputShape = inputShape
        self.layers = layers
        self.plan = plan
        self.buffer = buffer
        outputShape = plan.last?.outputShape ?? inputShape
        pool = try WorkspacePool(inputShape: inputShape, plan: plan, buffer: buffer)
    }

    private static func plan(_ layers: [Layer], inputShape: [Int]) throws(NeuralNetworkError) -> [LayerPlan] {
        for size in inputShape { try Layer.check(size, named: "a size of the input shape \(inputShape)") }
        _ = try Layer.rowSize(inputShape)
        var weightCount = 0
        return try LayerPlan.plan(layers, inputShape: inputShape, offset: &weightCount)
    }

    /// This network with other weights of the same layers.
    func replacing(_ buffer: WeightBuffer) throws(NeuralNetworkError) -> Network {
        try Network(inputShape: inputShape, layers: layers, plan: plan, buffer: buffer)
    }

    // MARK: Running

    /// The outputs of the last layer.
    ///
    /// - Parameter batch: Shape `[n, …]` with rows of the input's size, in any arrangement of axes; `n` may be 0.
    /// - Returns: Shape `[n] + outputShape`.
    /// - Throws: `.shapeMismatch` when the rows have another size; `.invalidIndex` when an embedding has no such entry.
    public func callAsFunction(_ batch: Tensor<Float>) throws(NeuralNetworkError) -> Tensor<Float> {
        try run(batch, resultShape: outputShape) { workspace, result throws(NeuralNetworkError) in
            try workspace.forward(upTo: workspace.output)
            result.update(from: workspace.output.value, count: workspace.output.count(workspace.graph.rows))
        }
    }

    /// The names of the layers, those inside residual blocks included.
    public var layerNames: [String] { plan.flatMap(\.names) }

    /// What a layer computes.
    ///
    /// - Parameter layer: One of `layerNames`.
    /// - Returns: Shape `[n] +` the layer's output shape.
    /// - Throws: `.unknownLayer` that lists the layers; `.shapeMismatch`.
    public func activations(of layer: String, at batch: Tensor<Float>) throws(NeuralNetworkError) -> Tensor<Float> {
        guard let shape = plan.outputShape(of: layer) else {
            throw NeuralNetworkError(
                .unknownLayer,
                "there is no layer \(layer)",
                remedy: "Use one of: \(layerNames.joined(separator: ", "))"
            )
        }
        return try run(batch, resultShape: shape) { workspace, result throws(NeuralNetworkError) in
            guard let variable = workspace.taps[layer] else { return }
            try workspace.forward(upTo: variable)
            result.update(from: variable.value, count: variable.count(workspace.graph.rows))
        }
    }

    /// The gradient with respect to the inputs of `Σ over outputs of weights · output`, row by row.
    ///
    /// - Parameter weights: Called once for some consecutive rows, in any order and from several threads, with their
    ///   outputs and a buffer of as many weights to fill.
    /// - Returns: The shape of `batch`.
    /// - Throws: `.shapeMismatch`.
    public func pullback(
        at batch: Tensor<Float>,
        weights: (
            _ rows: Range<Int>,
            _ outputs: UnsafeBufferPointer<Float>,
            _ weights: UnsafeMutableBufferPointer<Float>
        ) -> Void
    ) throws(NeuralNetworkError) -> Tensor<Float> {
        let rowShape = Array(batch.shape.dropFirst())
        return try run(batch, resultShape: rowShape) { workspace, result throws(NeuralNetworkError) in
            try workspace.forward(upTo: workspace.output)
            try workspace.backward(from: workspace.output) { gradient in
                let outputs = UnsafeBufferPointer(start: workspace.output.value, count: gradient.count)
                weights(workspace.firstRow..<workspace.firstRow + workspace.graph.rows, outputs, gradient)
            }
            result.update(from: workspace.input.gradient, count: workspace.input.count(workspace.graph.rows))
        }
    }

    /// Runs a batch in pieces, each in a workspace of its own, and gathers what `body` writes.
    private func run(
        _ batch: Tensor<Float>,
        resultShape: [Int],
        _ body: (borrowing Workspace, UnsafeMutablePointer<Float>) throws(NeuralNetworkError) -> Void
    ) throws(NeuralNetworkError) -> Tensor<Float> {
        let inputSize = inputShape.reduce(1, *)
        guard !batch.shape.isEmpty, batch.rows == 0 || batch.elementsPerRow == inputSize else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the network takes rows of \(inputShape) and was given a batch of \(batch.shape)",
                remedy: "Give a batch [n] + \(inputShape), or rows of \(inputSize) values"
            )
        }
        let resultSize = resultShape.reduce(1, *)
        return try batch.withUnsafeBufferPointer { source throws(NeuralNetworkError) in
            try Tensor(shape: [batch.rows] + resultShape) { target throws(NeuralNetworkError) in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                try pool.forEachPiece(of: batch.rows) { workspace, rows throws(NeuralNetworkError) in
                    workspace.begin(rows, from: source + rows.lowerBound * inputSize)
                    try body(workspace, target + rows.lowerBound * resultSize)
                }
            }
        }
    }
}

extension LayerPlan {
    fileprivate var names: [String] { inner.flatMap(\.names) + [name] }
}

extension [LayerPlan] {
    /// The shape that the named layer computes, found inside residual blocks too.
    fileprivate func outputShape(of name: String) -> [Int]? {
        for plan in self {
            if plan.name == name { return plan.outputShape }
            if let shape = plan.inner.outputShape(of: name) { return shape }
        }
        return nil
    }
}
