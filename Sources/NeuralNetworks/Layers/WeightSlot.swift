/// Where one named weight tensor lies in a network's buffer, and how it starts.
struct WeightSlot: Sendable {
    /// `<layer>.<part>`, the name in the safetensors file.
    let name: String
    let shape: [Int]
    /// The first element's index in the buffer.
    let offset: Int
    let start: Start
    /// Whether an optimiser moves it; the running averages of batch normalisation are moved by the layer itself.
    let isTrained: Bool
    /// Whether weight decay applies: to the factors of inputs, not to biases and scales.
    let decays: Bool

    var count: Int { shape.reduce(1, *) }

    /// How a weight is filled before training.
    enum Start: Sendable {
        case constant(Float)
        /// Uniform in `−limit ... limit`.
        case uniform(limit: Float)
    }

    /// The weights of one layer in the order in which its operation takes them; moves `offset` past them.
    ///
    /// Convolutions keep `[kernel, kernel, in / groups, filters]`, those of sequences `[kernel, in / groups, filters]`,
    /// transposed ones `[kernel, kernel, filters / groups, in]`, dense layers `[in, units]`, recurrent ones
    /// `[in, gates · units]` and `[units, gates · units]`.
    static func slots(
        of layer: Layer,
        name: String,
        inputShape: [Int],
        beforeRectifier: Bool,
        offset: inout Int
    ) throws(NeuralNetworkError) -> [WeightSlot] {
        let channels = inputShape.last ?? 1
        switch layer {
        case .dense(let units, let bias):
            let weight = (shape: [channels, units], fanIn: channels, fanOut: units)
            return try factors(weight, bias: bias ? units : nil, name, beforeRectifier, &offset)
        case .convolution(let filters, let kernel, _, _, _, let groups, let bias):
            let area = kernel * kernel
            let weight = (
                shape: [kernel, kernel, channels / groups, filters],
                fanIn: area * channels / groups,
                fanOut: area * filters / groups
            )
            return try factors(weight, bias: bias ? filters : nil, name, beforeRectifier, &offset)
        case .sequenceConvolution(let filters, let kernel, _, _, _, let groups, let bias):
            let weight = (
                shape: [kernel, channels / groups, filters],
                fanIn: kernel * channels / groups,
                fanOut: kernel * filters / groups
            )
            return try factors(weight, bias: bias ? filters : nil, name, beforeRectifier, &offset)
        case .transposedConvolution(let filters, let kernel, let stride, _, _, let groups, _, let bias):
            // Each output pixel is met by about (kernel / stride)² windows.
            let area = max(kernel * kernel / (stride * stride), 1)
            let weight = (
                shape: [kernel, kernel, filters / groups, channels],
                fanIn: area * channels / groups,
                fanOut: area * filters / groups
            )
            return try factors(weight, bias: bias ? filters : nil, name, beforeRectifier, &offset)
        case .batchNormalisation:
            return try [
                make("\(name).scale", [channels], .constant(1), &offset),
                make("\(name).shift", [channels], .constant(0), &offset),
                make("\(name).mean", [channels], .constant(0), isTrained: false, &offset),
                make("\(name).variance", [channels], .constant(1), isTrained: false, &offset),
            ]
        case .layerNormalisation, .groupNormalisation:
            return try [
                make("\(name).scale", [channels], .constant(1), &offset),
                make("\(name).shift", [channels], .constant(0), &offset),
            ]
        case .embedding(let entries, let size):
            // Unit variance, as PyTorch's: no sum over inputs spreads it.
            let start = Start.uniform(limit: Float(3).squareRoot())
            return [try make("\(name).weight", [entries, size], start, &offset)]
        case .selfAttention:
            let projection = (shape: [channels, 3 * channels], fanIn: channels, fanOut: 3 * channels)
            let result = (shape: [channels, channels], fanIn: channels, fanOut: channels)
            return try factors(projection, bias: 3 * channels, name, false, &offset)
                + factors(result, bias: channels, "\(name).output", false, &offset)
        case .lstm(let units, _, let bidirectional):
            return try recurrent(channels, units, gates: 4, isGated: false, bidirectional, name, &offset)
        case .gru(let units, _, let bidirectional):
            return try recurrent(channels, units, gates: 3, isGated: true, bidirectional, name, &offset)
        default:
            return []
        }
    }

    /// The weights of each direction of a recurrent layer, gates side by side; they start as PyTorch's do.
    private static func recurrent(
        _ features: Int,
        _ units: Int,
        gates: Int,
        isGated: Bool,
        _ bidirectional: Bool,
        _ name: String,
        _ offset: inout Int
    ) throws(NeuralNetworkError) -> [WeightSlot] {
        let start = Start.uniform(limit: 1 / Float(units).squareRoot())
        let width = gates * units
        var slots: [WeightSlot] = []
        for name in bidirectional ? [name, "\(name).reverse"] : [name] {
            slots.append(try make("\(name).weight", [features, width], start, decays: true, &offset))
            slots.append(try make("\(name).recurrent-weight", [units, width], start, decays: true, &offset))
            slots.append(try make("\(name).bias", [width], .constant(0), &offset))
            if isGated { slots.append(try make("\(name).recurrent-bias", [width], .constant(0), &offset)) }
        }
        return slots
    }

    /// Starts that keep the spread of signals through the layers, uniform.
    ///
    /// Source: He et al. (2015) before a rectifier, Glorot and Bengio (2010) elsewhere.
    private static func factors(
        _ weight: (shape: [Int], fanIn: Int, fanOut: Int),
        bias: Int?,
        _ name: String,
        _ beforeRectifier: Bool,
        _ offset: inout Int
    ) throws(NeuralNetworkError) -> [WeightSlot] {
        let spread = beforeRectifier ? 6 / Float(weight.fanIn) : 6 / Float(weight.fanIn + weight.fanOut)
        let start = Start.uniform(limit: spread.squareRoot())
        var slots = [try make("\(name).weight", weight.shape, start, decays: true, &offset)]
        if let bias { slots.append(try make("\(name).bias", [bias], .constant(0), &offset)) }
        return slots
    }

    private static func make(
        _ name: String,
        _ shape: [Int],
        _ start: Start,
        isTrained: Bool = true,
        decays: Bool = false,
        _ offset: inout Int
    ) throws(NeuralNetworkError) -> WeightSlot {
        let slot = WeightSlot(
            name: name,
            shape: shape,
            offset: offset,
            start: start,
            isTrained: isTrained,
            decays: decays
        )
        offset += try Layer.rowSize(shape)
        guard offset <= Layer.largestRow else {
            throw NeuralNetworkError(
                .invalidLayer,
                "the network would have more than \(Layer.largestRow) weights",
                remedy: "Choose smaller layers"
            )
        }
        return slot
    }
}
