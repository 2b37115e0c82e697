import Synchronization
public import Tensors

/// A sequence of layers with its weights: a value that never changes, safe to run from any number of threads.
///
/// Training makes a new network and leaves this one as it is. Weights are read where their tensors lie, which may be a
/// mapped file. Runs forwards take their buffers from a pool that all networks share, so that the steady state allocates
/// nothing but its result, and nothing at all where the caller brings a buffer for it.
public final class Network: Sendable {
    /// The shape of one input row.
    public let inputShape: [Int]
    /// The layers, first to last.
    public let layers: [Layer]
    /// The shape of one output row.
    public let outputShape: [Int]

    let plan: [LayerPlan]
    let values: any WeightValues
    /// Values of one input row and of one output row.
    private let inputSize: Int
    private let outputSize: Int
    private let pieces: RowPieces
    private let runs: WorkspacePool<ForwardWorkspace>
    /// For layers whose values were asked for, by name.
    private let observations = Mutex<[String: WorkspacePool<ForwardWorkspace>]>([:])
    /// Made when the first gradient is asked for.
    private let gradients = Mutex<WorkspacePool<GradientWorkspace>?>(nil)

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
        try self.init(inputShape: inputShape, layers: layers, plan: plan, values: buffer)
    }

    /// A network with given weights, which are not copied: the tensors stay where they are.
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
        let values = try NetworkWeights(plan.flatMap(\.allWeights), from: weights)
        try self.init(inputShape: inputShape, layers: layers, plan: plan, values: values)
    }

    init(
        inputShape: [Int],
        layers: [Layer],
        plan: [LayerPlan],
        values: any WeightValues
    ) throws(NeuralNetworkError) {
        self.inputShape = inputShape
        self.layers = layers
        self.plan = plan
        self.values = values
        outputShape = plan.last?.outputShape ?? inputShape
        inputSize = inputShape.reduce(1, *)
        outputSize = outputShape.reduce(1, *)
        let first = try ForwardWorkspace(inputShape: inputShape, plan: plan, values: values, upTo: nil)
        pieces = try RowPieces(floatsPerRow: first.floatsPerRow)
        runs = WorkspacePool(pieces, first: first) { () throws(NeuralNetworkError) in
            try ForwardWorkspace(inputShape: inputShape, plan: plan, values: values, upTo: nil)
        }
    }

    private static func plan(_ layers: [Layer], inputShape: [Int]) throws(NeuralNetworkError) -> [LayerPlan] {
        for size in inputShape { try Layer.check(size, named: "a size of the input shape \(inputShape)") }
        _ = try Layer.rowSize(inputShape)
        var weightCount = 0
        return try LayerPlan.plan(layers, inputShape: inputShape, offset: &weightCount)
    }

    /// This network with other weights of the same layers.
    func replacing(_ buffer: WeightBuffer) throws(NeuralNetworkError) -> Network {
        try Network(inputShape: inputShape, layers: layers, plan: plan, values: buffer)
    }

    // MARK: Running

    /// The outputs of the last layer.
    ///
    /// - Parameter batch: Shape `[n, …]` with rows of the input's size, in any arrangement of axes; `n` may be 0.
    /// - Returns: Shape `[n] + outputShape`.
    /// - Throws: `.shapeMismatch` when the rows have another size; `.invalidIndex` when an embedding has no such entry.
    public func callAsFunction(_ batch: Tensor<Float>) throws(NeuralNetworkError) -> Tensor<Float> {
        try run(batch, resultShape: outputShape) { source, target throws(NeuralNetworkError) in
            try run(runs, batch.rows, from: source, into: target, resultSize: outputSize)
        }
    }

    /// Writes the outputs of the last layer into a buffer of the caller's.
    ///
    /// Allocates nothing once as many rows have been run before, by as many threads at once.
    ///
    /// - Parameters:
    ///   - rows: Rows of the input's size, one after the other; there may be none.
    ///   - outputs: As many rows of the output's size.
    /// - Throws: `.shapeMismatch` when a size does not fit; `.invalidIndex` when an embedding has no such entry.
    public func run(
        _ rows: UnsafeBufferPointer<Float>,
        into outputs: UnsafeMutableBufferPointer<Float>
    ) throws(NeuralNetworkError) {
        let count = rows.count / inputSize
        guard rows.count == count * inputSize, outputs.count == count * outputSize else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the network takes rows of \(inputSize) values and gives \(outputSize); it was given \(rows.count) values and "
                    + "room for \(outputs.count)",
                remedy: "Give whole rows, and room for as many rows of outputs"
            )
        }
        guard let source = rows.baseAddress, let target = outputs.baseAddress else { return }
        try run(runs, count, from: source, into: target, resultSize: outputSize)
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
        let pool = try observations(of: layer)
        return try run(batch, resultShape: shape) { source, target throws(NeuralNetworkError) in
            try run(pool, batch.rows, from: source, into: target, resultSize: shape.reduce(1, *))
        }
    }

    private func observations(of layer: String) throws(NeuralNetworkError) -> WorkspacePool<ForwardWorkspace> {
        if let pool = observations.withLock({ $0[layer] }) { return pool }
        let make = { @Sendable [inputShape, plan, values] () throws(NeuralNetworkError) in
            try ForwardWorkspace(inputShape: inputShape, plan: plan, values: values, upTo: layer)
        }
        let pool = WorkspacePool(pieces, first: try make(), make: make)
        observations.withLock { $0[layer] = pool }
        return pool
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
        let pool = try gradientPool()
        return try run(batch, resultShape: rowShape) { source, target throws(NeuralNetworkError) in
            try pool.forEachPiece(of: batch.rows) { workspace, rows throws(NeuralNetworkError) in
                try workspace.forward(rows.count, from: source + rows.lowerBound * inputSize)
                try workspace.backward { gradient in
                    let outputs = UnsafeBufferPointer(start: workspace.output.value, count: gradient.count)
                    weights(rows, outputs, gradient)
                }
                let result = target + rows.lowerBound * inputSize
                result.update(from: workspace.input.gradient, count: workspace.input.count(rows.count))
            }
        }
    }

    private func gradientPool() throws(NeuralNetworkError) -> WorkspacePool<GradientWorkspace> {
        if let pool = gradients.withLock({ $0 }) { return pool }
        let make = { @Sendable [inputShape, plan, values] () throws(NeuralNetworkError) in
            try GradientWorkspace(inputShape: inputShape, plan: plan, values: values)
        }
        let first = try make()
        let pool = WorkspacePool(try RowPieces(floatsPerRow: first.graph.floatsPerRow), first: first, make: make)
        gradients.withLock { $0 = pool }
        return pool
    }

    /// Checks a batch and makes the tensor that `body` fills.
    private func run(
        _ batch: Tensor<Float>,
        resultShape: [Int],
        _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) throws(NeuralNetworkError) -> Void
    ) throws(NeuralNetworkError) -> Tensor<Float> {
        guard !batch.shape.isEmpty, batch.rows == 0 || batch.elementsPerRow == inputSize else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the network takes rows of \(inputShape) and was given a batch of \(batch.shape)",
                remedy: "Give a batch [n] + \(inputShape), or rows of \(inputSize) values"
            )
        }
        return try batch.withUnsafeBufferPointer { source throws(NeuralNetworkError) in
            try Tensor(shape: [batch.rows] + resultShape) { target throws(NeuralNetworkError) in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                try body(source, target)
            }
        }
    }

    /// Runs rows forwards in pieces, each in a workspace of its own.
    private func run(
        _ pool: WorkspacePool<ForwardWorkspace>,
        _ rows: Int,
        from source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>,
        resultSize: Int
    ) throws(NeuralNetworkError) {
        try pool.forEachPiece(of: rows) { workspace, rows throws(NeuralNetworkError) in
            try workspace.run(
                rows.count,
                from: source + rows.lowerBound * inputSize,
                into: target + rows.lowerBound * resultSize
            )
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
