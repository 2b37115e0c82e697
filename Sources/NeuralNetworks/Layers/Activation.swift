/// A function applied to every element, or (softmax and its logarithm) to every row of the last axis.
public enum Activation: Sendable, Hashable {
    /// `max(x, 0)`.
    case relu
    /// `x` above 0, `slope · x` below.
    case leakyReLU(slope: Float = 0.01)
    /// `x` above 0, `alpha · (exp(x) − 1)` below.
    case elu(alpha: Float = 1)
    /// `elu` with the constants that keep mean 0 and variance 1.
    ///
    /// Source: G. Klambauer et al. (2017), "Self-normalizing neural networks", arXiv:1706.02515.
    case selu
    /// `x · Φ(x)` with the standard normal distribution function Φ.
    ///
    /// Source: D. Hendrycks and K. Gimpel (2016), "Gaussian error linear units", arXiv:1606.08415.
    case gelu
    /// The approximation of `gelu` by tanh, from the same source.
    case geluTanh
    /// `x · sigmoid(x)`, also called swish.
    case silu
    /// `x · tanh(softplus(x))`.
    case mish
    /// `log(1 + exp(x))`.
    case softplus
    /// `min(max(x, 0), 6)`.
    case relu6
    /// `1 / (1 + exp(−x))`.
    case sigmoid
    /// `min(max(x / 6 + 1/2, 0), 1)`.
    case hardSigmoid
    /// `x · hardSigmoid(x)`, also called hard swish.
    case hardSilu
    /// The hyperbolic tangent.
    case tanh
    /// `min(max(x, −1), 1)`.
    case hardTanh
    /// `exp(x) / sum of exp(x)` over the last axis.
    case softmax
    /// The logarithm of `softmax`, computed without it.
    case logSoftmax

    /// The activations that have no setting, which `model.toml` names by their kind alone.
    public static let plain: [Activation] = [
        .relu, .selu, .gelu, .geluTanh, .silu, .mish, .softplus, .relu6, .sigmoid, .hardSigmoid, .hardSilu, .tanh,
        .hardTanh, .softmax, .logSoftmax,
    ]

    /// The name as `model.toml` spells it.
    public var kind: String {
        switch self {
        case .relu: "relu"
        case .leakyReLU: "leaky-relu"
        case .elu: "elu"
        case .selu: "selu"
        case .gelu: "gelu"
        case .geluTanh: "gelu-tanh"
        case .silu: "silu"
        case .mish: "mish"
        case .softplus: "softplus"
        case .relu6: "relu6"
        case .sigmoid: "sigmoid"
        case .hardSigmoid: "hard-sigmoid"
        case .hardSilu: "hard-silu"
        case .tanh: "tanh"
        case .hardTanh: "hard-tanh"
        case .softmax: "softmax"
        case .logSoftmax: "log-softmax"
        }
    }

    /// Whether half of the inputs come out near 0, so that the weights before it start larger by the root of two.
    var isRectifier: Bool {
        switch self {
        case .relu, .leakyReLU, .elu, .gelu, .geluTanh, .silu, .mish, .relu6, .hardSilu: true
        // Selu starts with variance 1 / inputs by its source.
        case .selu, .softplus, .sigmoid, .hardSigmoid, .tanh, .hardTanh, .softmax, .logSoftmax: false
        }
    }
}
