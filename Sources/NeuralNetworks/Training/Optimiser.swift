/// The rule by which gradients move weights.
///
/// Weight decay leaves biases and the scales of normalisations alone unless the trainer says otherwise. Where the name
/// ends in W it shrinks the weights apart from the gradient; elsewhere it is part of the gradient (L2).
public enum Optimiser: Sendable, Hashable {
    /// Adam.
    ///
    /// Source: D. Kingma and J. Ba (2015), arXiv:1412.6980.
    case adam(
        learningRate: Float = 1e-3,
        beta1: Float = 0.9,
        beta2: Float = 0.999,
        epsilon: Float = 1e-7,
        weightDecay: Float = 0
    )
    /// Adam with weight decay apart from the gradient: each step takes `learning rate · weightDecay · w` off a weight.
    ///
    /// Source: I. Loshchilov and F. Hutter (2019), arXiv:1711.05101.
    case adamW(
        learningRate: Float = 1e-3,
        beta1: Float = 0.9,
        beta2: Float = 0.999,
        epsilon: Float = 1e-7,
        weightDecay: Float = 1e-2
    )
    /// Gradient descent with momentum: `v ← momentum · v + g`, `w ← w − rate · v`; with Nesterov's look ahead
    /// `w ← w − rate · (g + momentum · v)`.
    ///
    /// Source: I. Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning".
    case gradientDescent(
        learningRate: Float = 1e-2,
        momentum: Float = 0.9,
        nesterov: Bool = false,
        weightDecay: Float = 0
    )
    /// Gradients divided by the root of their running mean square.
    ///
    /// Source: T. Tieleman and G. Hinton (2012), "Neural networks for machine learning", lecture 6.5.
    case rmsProp(
        learningRate: Float = 1e-2,
        smoothing: Float = 0.99,
        momentum: Float = 0,
        epsilon: Float = 1e-8,
        weightDecay: Float = 0
    )

    /// The rate at the start.
    public var learningRate: Float {
        switch self {
        case .adam(let learningRate, _, _, _, _), .adamW(let learningRate, _, _, _, _),
            .gradientDescent(let learningRate, _, _, _), .rmsProp(let learningRate, _, _, _, _):
            learningRate
        }
    }
}
