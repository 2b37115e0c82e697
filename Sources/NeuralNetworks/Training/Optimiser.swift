/// The rule by which gradients move weights.
public enum Optimiser: Sendable, Hashable {
    /// Adam, with weight decay apart from the gradient (AdamW).
    ///
    /// Source: D. Kingma and J. Ba (2015), arXiv:1412.6980; I. Loshchilov and F. Hutter (2019), arXiv:1711.05101.
    case adam(
        learningRate: Float = 1e-3,
        beta1: Float = 0.9,
        beta2: Float = 0.999,
        epsilon: Float = 1e-7,
        weightDecay: Float = 0
    )
    /// Gradient descent with momentum; weight decay is part of the gradient.
    case gradientDescent(learningRate: Float = 1e-2, momentum: Float = 0.9, weightDecay: Float = 0)

    /// The rate at the start.
    public var learningRate: Float {
        switch self {
        case .adam(let learningRate, _, _, _, _): learningRate
        case .gradientDescent(let learningRate, _, _): learningRate
        }
    }
}
