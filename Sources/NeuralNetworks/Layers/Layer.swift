/// One step of a network, as data: what it does and how large it is, without its weights.
///
/// Shapes are those of one row (one instance) of a batch; images are channels-last, `[height, width, channels]`.
/// A network is a list of layers; the same list is what `model.toml` holds.
public indirect enum Layer: Sendable, Hashable {
    /// `(x − offset) · scale`, with one value for all elements or one per element of the last axis. It has no weights:
    /// it turns the caller's unit (pixels of 0 to 16) into the network's.
    case rescale(scale: [Float], offset: [Float])
    /// `x · W + b` over the last axis.
    case dense(units: Int, bias: Bool = true)
    /// A square two-dimensional convolution (as the field calls it; a cross-correlation in mathematics).
    ///
    /// The cells of its window are `dilation` apart. With `groups`, each group of filters sees its own group of
    /// channels; as many groups as channels make it depthwise.
    case convolution(
        filters: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = .same,
        dilation: Int = 1,
        groups: Int = 1,
        bias: Bool = true
    )
    /// The same over a sequence `[time, channels]`, whose window is `kernel` times long.
    case sequenceConvolution(
        filters: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = .same,
        dilation: Int = 1,
        groups: Int = 1,
        bias: Bool = true
    )
    /// The transpose of a convolution: enlarges an image by `stride`.
    ///
    /// Images of several sizes have convolutions of one size: `outputPadding`, below `stride`, adds so many rows and
    /// columns after the smallest of them, as PyTorch's does. With `same` padding the size is settled and it is 0.
    case transposedConvolution(
        filters: Int,
        kernel: Int,
        stride: Int,
        padding: Padding = .same,
        dilation: Int = 1,
        groups: Int = 1,
        outputPadding: Int = 0,
        bias: Bool = true
    )
    /// The largest value under each window of `size` by `size`, `stride` apart.
    case maxPooling(size: Int, stride: Int)
    /// The mean under each window of `size` by `size`, `stride` apart.
    case averagePooling(size: Int, stride: Int)
    /// The mean of each channel over the whole image: `[h, w, c]` becomes `[c]`.
    case globalAveragePooling
    /// The largest value of each channel over the whole image: `[h, w, c]` becomes `[c]`.
    case globalMaxPooling
    /// Repeats each pixel `factor` times along height and width.
    case upsampling(factor: Int)
    /// Normalises each element of the last axis by its mean and variance: over the batch while training, by running
    /// averages afterwards. `momentum` is the share of the old average that each batch keeps.
    ///
    /// Source: S. Ioffe and C. Szegedy (2015), "Batch normalization", arXiv:1502.03167.
    case batchNormalisation(momentum: Float = 0.9, epsilon: Float = 1e-3)
    /// Normalises the last axis at each position by its own mean and variance.
    ///
    /// Source: J. L. Ba et al. (2016), "Layer normalization", arXiv:1607.06450.
    case layerNormalisation(epsilon: Float = 1e-5)
    /// Normalises each of `groups` groups of channels of a row by its mean and variance over all positions.
    ///
    /// Source: Y. Wu and K. He (2018), "Group normalization", arXiv:1803.08494.
    case groupNormalisation(groups: Int, epsilon: Float = 1e-5)
    /// A vector of `size` weights for each index from 0 to `entries − 1`: adds an axis.
    case embedding(entries: Int, size: Int)
    /// Attention of a sequence `[time, features]` to itself in `heads` heads, between a projection to queries, keys and
    /// values and one of the result. With `causal` a time sees itself and earlier ones only.
    ///
    /// Source: A. Vaswani et al. (2017), "Attention is all you need", arXiv:1706.03762.
    case selfAttention(heads: Int, causal: Bool = false)
    /// A draw from normal distributions, whose means are the first half of the last axis and whose logarithms of
    /// variances are the second: the code of a variational autoencoder. Gives the mean after training.
    ///
    /// Source: D. P. Kingma and M. Welling (2014), "Auto-encoding variational Bayes", arXiv:1312.6114.
    case normalSampling
    /// Sets each value to 0 with chance `rate` while training and scales the rest by `1 / (1 − rate)`; does nothing
    /// afterwards.
    case dropout(rate: Float)
    /// One axis of all elements.
    case flatten
    /// The same elements under another shape.
    case reshape([Int])
    /// An element-wise function, or softmax over the last axis.
    case activation(Activation)
    /// A long short-term memory over a sequence `[time, features]`.
    ///
    /// Source: S. Hochreiter and J. Schmidhuber (1997), Neural Computation 9, pp. 1735–1780.
    case lstm(units: Int, returns: States = .sequence, bidirectional: Bool = false)
    /// A gated recurrent unit over a sequence `[time, features]`, its reset gate applied after the product with the
    /// state, as PyTorch has it.
    ///
    /// Source: K. Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder", arXiv:1406.1078.
    case gru(units: Int, returns: States = .sequence, bidirectional: Bool = false)
    /// `x + layers(x)`. Where the layers change the shape of an image or a sequence, `x` goes through a convolution of one
    /// cell first.
    ///
    /// Source: K. He et al. (2016), "Deep residual learning for image recognition", arXiv:1512.03385.
    case residual([Layer])
}

extension Layer {
    /// What surrounds an image at its edges.
    public enum Padding: Sendable, Hashable {
        /// Zeros, as many as keep `ceil(size / stride)` windows; the odd one goes after the image.
        case same
        /// Nothing: only windows that lie inside.
        case valid
        /// So many zeros on each side; a transposed convolution cuts off as many pixels.
        case pixels(Int)
    }

    /// What a recurrent layer returns; read in both directions, the forward states come first.
    public enum States: String, Sendable, Hashable, CaseIterable {
        /// The state after each step, `[time, units]`.
        case sequence
        /// The state after the last step that was read, `[units]`.
        case last
    }

    /// `rescale` with one scale and one offset for all elements.
    public static func rescale(scale: Float, offset: Float = 0) -> Layer { .rescale(scale: [scale], offset: [offset]) }

    /// Windows that touch without overlapping, the usual max pooling.
    public static func maxPooling(size: Int) -> Layer { .maxPooling(size: size, stride: size) }

    /// Windows that touch without overlapping, the usual average pooling.
    public static func averagePooling(size: Int) -> Layer { .averagePooling(size: size, stride: size) }

    /// `max(x, 0)`.
    public static let relu = Layer.activation(.relu)

    /// The name of the layer's kind, as `model.toml` and the names of weights spell it.
    public var kind: String {
        switch self {
        case .rescale: "rescale"
        case .dense: "dense"
        case .convolution: "convolution"
        case .sequenceConvolution: "sequence-convolution"
        case .transposedConvolution: "transposed-convolution"
        case .maxPooling: "max-pooling"
        case .averagePooling: "average-pooling"
        case .globalAveragePooling: "global-average-pooling"
        case .globalMaxPooling: "global-max-pooling"
        case .upsampling: "upsampling"
        case .batchNormalisation: "batch-normalisation"
        case .layerNormalisation: "layer-normalisation"
        case .groupNormalisation: "group-normalisation"
        case .embedding: "embedding"
        case .selfAttention: "self-attention"
        case .normalSampling: "normal-sampling"
        case .dropout: "dropout"
        case .flatten: "flatten"
        case .reshape: "reshape"
        case .activation(let activation): activation.kind
        case .lstm: "lstm"
        case .gru: "gru"
        case .residual: "residual"
        }
    }
}
