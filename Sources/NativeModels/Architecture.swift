public import NeuralNetworks

/// A list of layers that suits an input and a number of classes.
public enum Architecture: String, Sendable, Hashable, CaseIterable {
    /// Two hidden dense layers; takes any shape.
    case mlp
    /// Blocks of two convolutions and a pooling; takes images.
    case cnn
    /// Three stages of residual blocks behind one convolution; takes images.
    ///
    /// About 26 million multiply-adds for an image of 32 × 32 pixels, 0.6 million weights.
    ///
    /// Source: K. He et al. (2016), arXiv:1512.03385, section 4.2, with one block a stage in place of three and more,
    /// three times the filters, and pooling before the first stage.
    case resnet

    /// The layers, from the raw inputs to the logits.
    ///
    /// - Parameters:
    ///   - inputShape: The shape of one row.
    ///   - classes: The number of logits.
    ///   - rescaling: What turns raw inputs into numbers about 0 and 1 apart.
    /// - Throws: `.invalidLayer` when the architecture needs an image and the shape is none.
    public func layers(inputShape: [Int], classes: Int, rescaling: Layer) throws(NeuralNetworkError) -> [Layer] {
        guard self == .mlp || inputShape.count == 3 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(rawValue) needs an image [height, width, channels] and the rows are \(inputShape)",
                remedy: "Choose mlp, or give images"
            )
        }
        switch self {
        case .mlp: return Self.mlp(inputShape, classes, rescaling)
        case .cnn: return Self.cnn(inputShape, classes, rescaling)
        case .resnet: return Self.resnet(inputShape, classes, rescaling)
        }
    }

    private static func mlp(_ inputShape: [Int], _ classes: Int, _ rescaling: Layer) -> [Layer] {
        [rescaling] + (inputShape.count == 1 ? [] : [.flatten]) + [
            .dense(units: 128), .relu, .dropout(rate: 0.1),
            .dense(units: 64), .relu,
            .dense(units: classes),
        ]
    }

    /// Blocks double their filters and halve the image until it is 2 to 4 pixels wide.
    private static func cnn(_ inputShape: [Int], _ classes: Int, _ rescaling: Layer) -> [Layer] {
        var layers = [rescaling]
        var side = min(inputShape[0], inputShape[1])
        var filters = 32
        for _ in 0..<3 where side >= 4 {
            layers += normalised(filters) + [.relu] + normalised(filters) + [.relu, .maxPooling(size: 2)]
            side /= 2
            filters *= 2
        }
        return layers + [.flatten, .dropout(rate: 0.25), .dense(units: 128), .relu, .dense(units: classes)]
    }

    /// Most of the work is done on images of half the size and less, where a product of matrices is large enough to run
    /// at full speed and an activation still fits into the cache.
    private static func resnet(_ inputShape: [Int], _ classes: Int, _ rescaling: Layer) -> [Layer] {
        var layers = [rescaling] + normalised(32) + [.relu]
        if min(inputShape[0], inputShape[1]) >= 16 { layers.append(.maxPooling(size: 2)) }
        for (filters, stride) in [(48, 1), (96, 2), (192, 2)] {
            layers += [.residual(normalised(filters, stride: stride) + [.relu] + normalised(filters)), .relu]
        }
        return layers + [.globalAveragePooling, .dense(units: classes)]
    }

    /// A 3 × 3 convolution and its normalisation, which makes a bias superfluous.
    private static func normalised(_ filters: Int, stride: Int = 1) -> [Layer] {
        [.convolution(filters: filters, kernel: 3, stride: stride, bias: false), .batchNormalisation()]
    }
}
