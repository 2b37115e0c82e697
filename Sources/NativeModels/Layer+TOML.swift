package import NeuralNetworks
import Prediction
import TOML

extension Layer {
    /// Residual blocks within residual blocks, at most.
    private static let deepest = 8

    /// Reads one table of `[[layers]]`.
    ///
    /// - Throws: `.invalidDescription` naming table and key. Sizes are checked when the network is built.
    init(reading table: TableReader<PredictionError>, depth: Int = 0) throws(PredictionError) {
        func size(_ key: String, default usual: Int? = nil) throws(PredictionError) -> Int {
            try table.integer(key, in: 1...Int.max, default: usual)
        }
        func float(_ key: String, default usual: Double? = nil) throws(PredictionError) -> Float {
            Float(try table.number(key, default: usual))
        }
        let type = try table.text("type")
        switch type {
        case "rescale":
            let scale = try table.numbers("scale")
            let offset = try table.numbers("offset", default: [0])
            self = .rescale(scale: scale.map(Float.init), offset: offset.map(Float.init))
        case "dense":
            self = .dense(units: try size("units"), bias: try table.flag("bias", default: true))
        case "convolution":
            self = .convolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try size("stride", default: 1),
                padding: try Padding(reading: table),
                dilation: try size("dilation", default: 1),
                groups: try size("groups", default: 1),
                bias: try table.flag("bias", default: true)
            )
        case "sequence-convolution":
            self = .sequenceConvolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try size("stride", default: 1),
                padding: try Padding(reading: table),
                dilation: try size("dilation", default: 1),
                groups: try size("groups", default: 1),
                bias: try table.flag("bias", default: true)
            )
        case "transposed-convolution":
            self = .transposedConvolution(
                filters: try size("filters"),
                kernel: try size("kernel"),
                stride: try size("stride", default: 1),
                padding: try Padding(reading: table),
                dilation: try size("dilation", default: 1),
                groups: try size("groups", default: 1),
                outputPadding: try table.integer("output_padding", in: 0...Int.max, default: 0),
                bias: try table.flag("bias", default: true)
            )
        case "max-pooling":
            let window = try size("size")
            self = .maxPooling(size: window, stride: try size("stride", default: window))
        case "average-pooling":
            let window = try size("size")
            self = .averagePooling(size: window, stride: try size("stride", default: window))
        case "global-average-pooling": self = .globalAveragePooling
        case "global-max-pooling": self = .globalMaxPooling
        case "upsampling": self = .upsampling(factor: try size("factor"))
        case "batch-normalisation":
            self = .batchNormalisation(
                momentum: try float("momentum", default: 0.9),
                epsilon: try float("epsilon", default: 1e-3)
            )
        case "layer-normalisation": self = .layerNormalisation(epsilon: try float("epsilon", default: 1e-5))
        case "group-normalisation":
            self = .groupNormalisation(groups: try size("groups"), epsilon: try float("epsilon", default: 1e-5))
        case "embedding": self = .embedding(entries: try size("entries"), size: try size("size"))
        case "self-attention":
            self = .selfAttention(heads: try size("heads"), causal: try table.flag("causal", default: false))
        case "normal-sampling": self = .normalSampling
        case "dropout": self = .dropout(rate: try float("rate"))
        case "flatten": self = .flatten
        case "reshape": self = .reshape(try table.integers("shape"))
        case "leaky-relu": self = .activation(.leakyReLU(slope: try float("slope", default: 0.01)))
        case "elu": self = .activation(.elu(alpha: try float("alpha", default: 1)))
        case "lstm":
            self = .lstm(
                units: try size("units"),
                returns: try table.choice("returns", default: .sequence),
                bidirectional: try table.flag("bidirectional", default: false)
            )
        case "gru":
            self = .gru(
                units: try size("units"),
                returns: try table.choice("returns", default: .sequence),
                bidirectional: try table.flag("bidirectional", default: false)
            )
        case "residual":
            guard depth < Self.deepest else {
                throw table.invalid("layers", "are nested too deeply", remedy: "Nest at most \(Self.deepest) blocks")
            }
            var inner: [Layer] = []
            for table in try table.tables("layers") { inner.append(try Layer(reading: table, depth: depth + 1)) }
            self = .residual(inner)
        default:
            if let activation = Activation.plain.first(where: { $0.kind == type }) {
                self = .activation(activation)
                return
            }
            throw table.invalid("type", "is \(type)", remedy: "Use one of: \(Self.typeNames.joined(separator: ", "))")
        }
    }

    /// Every type that `model.toml` may name.
    package static let typeNames =
        [
            "rescale", "dense", "convolution", "sequence-convolution", "transposed-convolution", "max-pooling",
            "average-pooling", "global-average-pooling", "global-max-pooling", "upsampling", "batch-normalisation",
            "layer-normalisation", "group-normalisation", "embedding", "lstm", "gru", "self-attention",
            "normal-sampling", "dropout", "flatten", "reshape", "leaky-relu", "elu", "residual",
        ] + Activation.plain.map(\.kind)
}

extension Layer.Padding {
    /// Reads `padding`: `"same"` where it is absent, `"valid"`, or a number of pixels.
    fileprivate init(reading table: TableReader<PredictionError>) throws(PredictionError) {
        let padding = try table.optional("padding", "\"same\", \"valid\" or a whole number of pixels") {
            value -> Self? in
            switch value.content {
            case .text("same"): .same
            case .text("valid"): .valid
            case .integer(let pixels) where pixels >= 0: Int(exactly: pixels).map { .pixels($0) }
            default: nil
            }
        }
        self = padding ?? .same
    }
}
