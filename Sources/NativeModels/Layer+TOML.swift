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
        func usual(_ key: String, _ value: Int) throws(PredictionError) -> Int {
            try section.int(key, in: 1...Int.max) ?? value
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
                stride: try usual("stride", 1),
                padding: try Padding(section),
                dilation: try usual("dilation", 1),
                groups: try usual("groups", 1),
                bias: try section.bool("bias") ?? true
            )
        case "transposed-convolution":
            self = .transposedConvolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try usual("stride", 1),
                padding: try Padding(section),
                dilation: try usual("dilation", 1),
                groups: try usual("groups", 1),
                bias: try section.bool("bias") ?? true
            )
        case "max-pooling":
            let window = try size("size")
            self = .maxPooling(size: window, stride: try usual("stride", window))
        case "average-pooling":
            let window = try size("size")
            self = .averagePooling(size: window, stride: try usual("stride", window))
        case "global-average-pooling": self = .globalAveragePooling
        case "global-max-pooling": self = .globalMaxPooling
        case "upsampling": self = .upsampling(factor: try size("factor"))
        case "batch-normalisation":
            self = .batchNormalisation(
                momentum: try float("momentum") ?? 0.9,
                epsilon: try float("epsilon") ?? 1e-3
            )
        case "layer-normalisation": self = .layerNormalisation(epsilon: try float("epsilon") ?? 1e-5)
        case "group-normalisation":
            self = .groupNormalisation(groups: try size("groups"), epsilon: try float("epsilon") ?? 1e-5)
        case "embedding": self = .embedding(entries: try size("entries"), size: try size("size"))
        case "self-attention":
            self = .selfAttention(heads: try size("heads"), causal: try section.bool("causal") ?? false)
        case "normal-sampling": self = .normalSampling
        case "dropout": self = .dropout(rate: try section.required("rate", try float("rate")))
        case "flatten": self = .flatten
        case "reshape": self = .reshape(try section.required("shape", try section.ints("shape")))
        case "leaky-relu": self = .activation(.leakyReLU(slope: try float("slope") ?? 0.01))
        case "elu": self = .activation(.elu(alpha: try float("alpha") ?? 1))
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
            if let activation = Activation.plain.first(where: { $0.kind == type }) {
                self = .activation(activation)
                return
            }
            throw section.invalid("type", "is \(type)", remedy: "Use one of: \(Self.typeNames.joined(separator: ", "))")
        }
    }

    /// Every type that `model.toml` may name.
    package static let typeNames =
        [
            "rescale", "dense", "convolution", "transposed-convolution", "max-pooling", "average-pooling",
            "global-average-pooling", "global-max-pooling", "upsampling", "batch-normalisation",
            "layer-normalisation", "group-normalisation", "embedding", "lstm", "gru", "self-attention",
            "normal-sampling", "dropout", "flatten", "reshape", "leaky-relu", "elu", "residual",
        ] + Activation.plain.map(\.kind)
}

extension Layer.Padding {
    /// Reads `padding`: `"same"` where it is absent, `"valid"`, or a number of pixels.
    fileprivate init(_ section: TOMLSection) throws(PredictionError) {
        if section.holdsNumber("padding") {
            self = .pixels(try section.required("padding", try section.int("padding")))
            return
        }
        switch try section.string("padding") {
        case nil, "same": self = .same
        case "valid": self = .valid
        case let other?:
            throw section.invalid(
                "padding",
                "is \"\(other)\"",
                remedy: "Give one of \"same\", \"valid\", or a whole number of pixels"
            )
        }
    }
}
