import NeuralNetworks

extension Layer {
    /// The table that reads back to this layer, and those within it.
    func lines(header: String) -> [String] {
        ["[[\(header)]]", "type = \"\(kind)\""] + settings + inner.flatMap { $0.lines(header: header + ".layers") }
    }

    private var inner: [Layer] {
        if case .residual(let layers) = self { layers } else { [] }
    }

    private var settings: [String] {
        switch self {
        case .rescale(let scale, let offset): ["scale = \(scale)", "offset = \(offset)"]
        case .dense(let units, let bias): ["units = \(units)"] + Self.biasLine(bias)
        case .convolution(let filters, let kernel, let stride, let padding, let dilation, let groups, let bias),
            .sequenceConvolution(let filters, let kernel, let stride, let padding, let dilation, let groups, let bias):
            Self.windowLines(filters, kernel, stride, padding, dilation, groups) + Self.biasLine(bias)
        case .transposedConvolution(
            let filters,
            let kernel,
            let stride,
            let padding,
            let dilation,
            let groups,
            let outputPadding,
            let bias
        ):
            Self.windowLines(filters, kernel, stride, padding, dilation, groups)
                + (outputPadding == 0 ? [] : ["output_padding = \(outputPadding)"]) + Self.biasLine(bias)
        case .maxPooling(let size, let stride), .averagePooling(let size, let stride):
            ["size = \(size)", "stride = \(stride)"]
        case .upsampling(let factor): ["factor = \(factor)"]
        case .batchNormalisation(let momentum, let epsilon): ["momentum = \(momentum)", "epsilon = \(epsilon)"]
        case .layerNormalisation(let epsilon): ["epsilon = \(epsilon)"]
        case .groupNormalisation(let groups, let epsilon): ["groups = \(groups)", "epsilon = \(epsilon)"]
        case .embedding(let entries, let size): ["entries = \(entries)", "size = \(size)"]
        case .selfAttention(let heads, let causal): ["heads = \(heads)"] + (causal ? ["causal = true"] : [])
        case .dropout(let rate): ["rate = \(rate)"]
        case .reshape(let shape): ["shape = \(shape)"]
        case .activation(.leakyReLU(let slope)): ["slope = \(slope)"]
        case .activation(.elu(let alpha)): ["alpha = \(alpha)"]
        case .lstm(let units, let returns, let bidirectional), .gru(let units, let returns, let bidirectional):
            ["units = \(units)", "returns = \"\(returns.rawValue)\""] + (bidirectional ? ["bidirectional = true"] : [])
        case .activation, .flatten, .globalAveragePooling, .globalMaxPooling, .normalSampling, .residual: []
        }
    }

    private static func windowLines(
        _ filters: Int,
        _ kernel: Int,
        _ stride: Int,
        _ padding: Padding,
        _ dilation: Int,
        _ groups: Int
    ) -> [String] {
        ["filters = \(filters)", "kernel = \(kernel)", "stride = \(stride)", "padding = \(padding.text)"]
            + (dilation == 1 ? [] : ["dilation = \(dilation)"]) + (groups == 1 ? [] : ["groups = \(groups)"])
    }

    private static func biasLine(_ bias: Bool) -> [String] { bias ? [] : ["bias = false"] }
}

extension Layer.Padding {
    fileprivate var text: String {
        switch self {
        case .same: "\"same\""
        case .valid: "\"valid\""
        case .pixels(let count): "\(count)"
        }
    }
}
