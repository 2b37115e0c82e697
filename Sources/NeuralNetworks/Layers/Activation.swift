/// A function applied to every element, or (softmax) to every row of the last axis.
public enum Activation: Sendable, Hashable {
    /// `max(x, 0)`.
    case relu
    /// `x` above 0, `slope · x` below.
    case leakyReLU(slope: Float = 0.01)
    /// `x` above 0, `alpha · (exp(x) − 1)` below.
    case elu(alpha: Float = 1)
    /// `1 / (1 + exp(−x))`.
    case sigmoid
    /// The hyperbolic tangent.
    case tanh
    /// `exp(x) / sum of exp(x)` over the last axis.
    case softmax

    /// The name as `model.toml` spells it.
    public var kind: String {
        switch self {
        case .relu: "relu"
        case .leakyReLU: "leaky-relu"
        case .elu: "elu"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .softmax: "softmax"
        }
    }

    /// Whether half of the inputs come out near 0, so that the weights before it start larger by the root of two.
    var isRectifier: Bool {
        switch self {
        case .relu, .leakyReLU, .elu: true
        case .sigmoid, .tanh, .softmax: false
        }
    }
}
