/// A layer in its place in a network: its name, its shapes and where its weights lie.
struct LayerPlan: Sendable {
    /// Unique in the network: the kind and its count, `convolution2`; inside a residual block `residual1.dense1`.
    let name: String
    let layer: Layer
    /// Shape of one row before and after the layer.
    let inputShape: [Int]
    let outputShape: [Int]
    /// The layer's own weights, in the order in which its operation takes them.
    let weights: [WeightSlot]
    /// The layers of a residual block.
    let inner: [LayerPlan]
    /// What makes the input of a residual block fit its output.
    let projection: [LayerPlan]

    /// Plans a list of layers from the shape of one input row.
    ///
    /// - Throws: `.invalidLayer` naming the layer that does not fit.
    static func plan(
        _ layers: [Layer],
        inputShape: [Int],
        prefix: String = "",
        offset: inout Int
    ) throws(NeuralNetworkError) -> [LayerPlan] {
        var shape = inputShape
        var counts: [String: Int] = [:]
        var plans: [LayerPlan] = []
        for (index, layer) in layers.enumerated() {
            counts[layer.kind, default: 0] += 1
            let name = "\(prefix)\(layer.kind)\(counts[layer.kind, default: 0])"
            do {
                let next = layers.dropFirst(index + 1).lazy.compactMap(\.rectifies).first ?? false
                let plan = try LayerPlan(layer, name: name, inputShape: shape, beforeRectifier: next, offset: &offset)
                plans.append(plan)
                shape = plan.outputShape
            } catch {
                var error = error
                if !error.message.hasPrefix("layer ") { error.message = "layer \(name): \(error.message)" }
                throw error
            }
        }
        return plans
    }

    private init(
        _ layer: Layer,
        name: String,
        inputShape: [Int],
        beforeRectifier: Bool,
        offset: inout Int
    ) throws(NeuralNetworkError) {
        self.name = name
        self.layer = layer
        self.inputShape = inputShape
        outputShape = try layer.outputShape(for: inputShape)
        weights = try WeightSlot.slots(
            of: layer,
            name: name,
            inputShape: inputShape,
            beforeRectifier: beforeRectifier,
            offset: &offset
        )
        guard case .residual(let layers) = layer else {
            inner = []
            projection = []
            return
        }
        inner = try Self.plan(layers, inputShape: inputShape, prefix: name + ".", offset: &offset)
        projection = try Self.plan(
            try Self.projection(from: inputShape, to: outputShape),
            inputShape: inputShape,
            prefix: name + ".projection.",
            offset: &offset
        )
    }

    /// No layer where the shapes agree, else the convolution of one cell with the stride that makes them agree.
    private static func projection(from input: [Int], to output: [Int]) throws(NeuralNetworkError) -> [Layer] {
        if input == output { return [] }
        guard input.count == output.count, 2...3 ~= input.count else {
            throw NeuralNetworkError(
                .invalidLayer,
                "a residual block turns \(input) into \(output)",
                remedy: "Let the block keep its shape, or use images or sequences on both sides"
            )
        }
        let stride = max((input[0] + output[0] - 1) / output[0], 1)
        let layer: Layer =
            input.count == 3
            ? .convolution(filters: output[2], kernel: 1, stride: stride, bias: false)
            : .sequenceConvolution(filters: output[1], kernel: 1, stride: stride, bias: false)
        guard try layer.outputShape(for: input) == output else {
            throw NeuralNetworkError(
                .invalidLayer,
                "no convolution of one cell turns \(input) into \(output)",
                remedy: "Let the residual block divide height and width, or the time, by a whole number"
            )
        }
        return [layer]
    }

    /// Every weight of the plan, those of residual blocks included.
    var allWeights: [WeightSlot] {
        weights + inner.flatMap(\.allWeights) + projection.flatMap(\.allWeights)
    }
}

extension Layer {
    /// For an activation whether it is a rectifier; `nil` for layers through which an earlier layer "sees" it.
    fileprivate var rectifies: Bool? {
        switch self {
        case .activation(let activation): activation.isRectifier
        case .dense, .convolution, .sequenceConvolution, .transposedConvolution, .lstm, .gru, .selfAttention,
            .embedding, .residual:
            false
        default: nil
        }
    }
}
