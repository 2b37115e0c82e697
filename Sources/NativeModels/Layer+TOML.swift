package import NeuralNetworks
import Prediction

extension Layer {
    /// Residual blocks within residual blocks, at most.
    private static let deepest = 8

    /// Reads one table of `[[layers]]`.
    ///
    /// - Throws: `.invalidDescription` naming table and key. Sizes are checked when the network is built.
    init(_ section: TOMLSection, depth: Int = 0) throws(PredictionError) {
        func size(_ key: String) throws(PredictionError) -> Int {
            try section.required(key, try section.int(key, in: 1...Int.max))
        }
        func float(_ key: String) throws(PredictionError) -> Float? { try section.double(key).map(Float.init) }
        func stride(_ usual: Int) throws(PredictionError) -> Int {
            try section.int("stride", in: 1...Int.max) ?? usual
        }
        let type = try section.required("type", try section.string("type"))
        switch type {
        case "rescale":
            let scale = try section.required("scale", try section.doubles("scale"))
            let offset = try section.doubles("offset") ?? [0]
            self = .rescale(scale: scale.map(Float.init), offset: offset.map(Float.init))
        case "dense":
            self = .dense(units: try size("units"), bias: try section.bool("bias") ?? true)
        case "convolution":
            self = .convolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try stride(1),
                padding: try section.choice("padding") ?? .same,
                bias: try section.bool("bias") ?? true
            )
        case "transposed-convolution":
            self = .transposedConvolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try stride(1),
                padding: try section.choice("padding") ?? .same,
                bias: try section.bool("bias") ?? true
            )
        case "max-pooling":
            let window = try size("size")
            self = .maxPooling(size: window, stride: try stride(window))
        case "average-pooling":
            let window = try size("size")
            self = .averagePooling(size: window, stride: try stride(window))
        case "global-average-pooling": self = .globalAveragePooling
        case "global-max-pooling": self = .globalMaxPooling
        case "upsampling": self = .upsampling(factor: try size("factor"))
        case "batch-normalisation":
            self = .batchNormalisation(
                momentum: try float("momentum") ?? 0.9,
                epsilon: try float("epsilon") ?? 1e-3
            )
        case "dropout": self = .dropout(rate: try section.required("rate", try float("rate")))
        case "flatten": self = .flatten
        case "reshape": self = .reshape(try section.required("shape", try section.ints("shape")))
        case "relu": self = .activation(.relu)
        case "leaky-relu": self = .activation(.leakyReLU(slope: try float("slope") ?? 0.01))
        case "elu": self = .activation(.elu(alpha: try float("alpha") ?? 1))
        case "sigmoid": self = .activation(.sigmoid)
        case "tanh": self = .activation(.tanh)
        case "softmax": self = .activation(.softmax)
        case "lstm":
            self = .lstm(
                units: try size("units"),
                returns: try section.choice("returns") ?? .sequence,
                bidirectional: try section.bool("bidirectional") ?? false
            )
        case "gru":
            self = .gru(
                units: try size("units"),
                returns: try section.choice("returns") ?? .sequence,
                bidirectional: try section.bool("bidirectional") ?? false
            )
        case "residual":
            guard depth < Self.deepest else {
                throw section.invalid("layers", "are nested too deeply", remedy: "Nest at most \(Self.deepest) blocks")
            }
            var inner: [Layer] = []
            for section in try section.required("layers", try section.sections("layers")) {
                inner.append(try Layer(section, depth: depth + 1))
            }
            self = .residual(inner)
        default:
            throw section.invalid("type", "is \(type)", remedy: "Use one of: \(Self.typeNames.joined(separator: ", "))")
        }
    }

    /// Every type that `model.toml` may name.
    package static let typeNames = [
        "rescale", "dense", "convolution", "transposed-convolution", "max-pooling", "average-pooling",
        "global-average-pooling", "global-max-pooling", "upsampling", "batch-normalisation", "dropout", "flatten",
        "reshape", "relu", "leaky-relu", "elu", "sigmoid", "tanh", "softmax", "lstm", "gru", "residual",
    ]

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
        case .convolution(let filters, let kernel, let stride, let padding, let bias),
            .transposedConvolution(let filters, let kernel, let stride, let padding, let bias):
            [
                "filters = \(filters)", "kernel = \(kernel)", "stride = \(stride)", "padding = \"\(padding.rawValue)\"",
            ] + Self.biasLine(bias)
        case .maxPooling(let size, let stride), .averagePooling(let size, let stride):
            ["size = \(size)", "stride = \(stride)"]
        case .upsampling(let factor): ["factor = \(factor)"]
        case .batchNormalisation(let momentum, let epsilon): ["momentum = \(momentum)", "epsilon = \(epsilon)"]
        case .dropout(let rate): ["rate = \(rate)"]
        case .reshape(let shape): ["shape = \(shape)"]
        case .activation(.leakyReLU(let slope)): ["slope = \(slope)"]
        case .activation(.elu(let alpha)): ["alpha = \(alpha)"]
        case .lstm(let units, let returns, let bidirectional), .gru(let units, let returns, let bidirectional):
            ["units = \(units)", "returns = \"\(returns.rawValue)\""] + (bidirectional ? ["bidirectional = true"] : [])
        case .activation, .flatten, .globalAveragePooling, .globalMaxPooling, .residual: []
        }
    }

    private static func biasLine(_ bias: Bool) -> [String] { bias ? [] : ["bias = false"] }
}
