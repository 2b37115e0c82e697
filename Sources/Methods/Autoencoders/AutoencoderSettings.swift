import JSON
import NeuralNetworks

/// How an autoencoder is built and trained, from the keys of a configuration.
package struct AutoencoderSettings: Sendable, Equatable {
    /// What its layers are.
    package enum Architecture: String, Sendable, CaseIterable {
        /// Convolutions for images whose sides divide by 4, dense layers for everything else.
        case automatic = "auto"
        /// Dense layers.
        case dense
        /// Two convolutions that halve the image, a dense code, and the way back.
        case convolutional = "conv"
    }

    /// What its layers are.
    package var architecture: Architecture
    /// Values in the code.
    package var codeSize: Int
    /// Units of the hidden layers, outermost first; for a convolutional one the filters of its two convolutions.
    package var hidden: [Int]?
    /// Passes over the rows.
    package var epochs: Int
    /// Rows a step.
    package var batchSize: Int
    /// Adam's step size at the start.
    package var learningRate: Float

    /// The keys that say so, besides `enc_dim`; names and defaults of alibi-detect's `fit` where it has them.
    package static let parameters: [Parameter] = [
        Parameter(
            "architecture",
            .choice(Architecture.allCases.map(\.rawValue)),
            default: "auto",
            "Layers: conv for images whose sides divide by 4, dense for everything, auto chooses."
        ),
        Parameter("hidden", .integers(1...16_384), "Units of the hidden layers, or the two numbers of filters."),
        Parameter("epochs", .integer(1...100_000), default: 20, "Passes over the features part."),
        Parameter("batch_size", .integer(1...65_536), default: 64, "Rows a step."),
        Parameter("learning_rate", .number(1e-9...1), default: 0.001, "Adam's step size at the start."),
    ]

    /// Values in the code.
    package static let codeParameter = Parameter(
        "enc_dim",
        .integer(1...4_096),
        default: 32,
        "Values in the code."
    )

    /// Reads the keys.
    package init(_ parameters: Parameters) {
        architecture = Architecture(rawValue: parameters.text("architecture")) ?? .automatic
        codeSize = parameters.integer("enc_dim")
        hidden = parameters.optionalIntegers("hidden")
        epochs = parameters.integer("epochs")
        batchSize = parameters.integer("batch_size")
        learningRate = Float(parameters.number("learning_rate"))
    }

    /// Whether rows of a shape go through convolutions.
    ///
    /// - Throws: `.shapeMismatch` when convolutions were asked for and the rows cannot have them.
    func isConvolutional(_ rowShape: [Int]) throws(MethodError) -> Bool {
        let isImage = (rowShape.count == 2 || rowShape.count == 3) && rowShape[0] % 4 == 0 && rowShape[1] % 4 == 0
        if architecture == .convolutional, !isImage {
            throw MethodError(
                .shapeMismatch,
                "architecture is conv and rows have the shape \(rowShape)",
                remedy: "Give images [height, width, channels] whose sides divide by 4, or use architecture = \"dense\""
            )
        }
        return isImage && architecture != .dense
    }

    /// The layers for rows of a shape, and the name of the one whose output is the code.
    func layers(_ rowShape: [Int]) throws(MethodError) -> (layers: [Layer], codeLayer: String) {
        try isConvolutional(rowShape) ? try convolutionalLayers(rowShape) : denseLayers(rowShape)
    }

    private func denseLayers(_ rowShape: [Int]) -> (layers: [Layer], codeLayer: String) {
        let size = rowShape.reduce(1, *)
        let hidden = hidden ?? [min(512, max(codeSize, (size + codeSize) / 2))]
        var layers: [Layer] = [.flatten]
        for units in hidden { layers += [.dense(units: units), .relu] }
        layers.append(.dense(units: codeSize))
        for units in hidden.reversed() { layers += [.dense(units: units), .relu] }
        layers += [.dense(units: size), .reshape(rowShape)]
        return (layers, "dense\(hidden.count + 1)")
    }

    private func convolutionalLayers(_ rowShape: [Int]) throws(MethodError) -> (layers: [Layer], codeLayer: String) {
        let filters = hidden ?? [16, 32]
        guard filters.count == 2 else {
            throw MethodError(
                .invalidConfiguration,
                "hidden is \(filters), and a convolutional autoencoder halves the image twice",
                remedy: "Give two numbers of filters, such as hidden = [16, 32]"
            )
        }
        let channels = rowShape.count == 3 ? rowShape[2] : 1
        let small = [rowShape[0] / 4, rowShape[1] / 4, filters[1]]
        let layers: [Layer] = [
            .reshape([rowShape[0], rowShape[1], channels]),
            .convolution(filters: filters[0], kernel: 3, stride: 2), .relu,
            .convolution(filters: filters[1], kernel: 3, stride: 2), .relu,
            .flatten,
            .dense(units: codeSize),
            .dense(units: small.reduce(1, *)), .relu,
            .reshape(small),
            .transposedConvolution(filters: filters[0], kernel: 4, stride: 2), .relu,
            .transposedConvolution(filters: channels, kernel: 4, stride: 2),
            .reshape(rowShape),
        ]
        return (layers, "dense1")
    }
}
