import CLayerKernels

/// A bound on gradients, so that one odd batch cannot throw the weights far away.
public enum GradientClipping: Sendable, Hashable {
    /// The Euclidean norm of all gradients together is at most this: longer ones are scaled.
    ///
    /// Source: R. Pascanu, T. Mikolov and Y. Bengio (2013), arXiv:1211.5063.
    case norm(Float)
    /// Every element is at most this far from 0.
    case value(Float)

    /// Applies the bound in place.
    ///
    /// - Parameter norm: The Euclidean norm of the gradients.
    func apply(to gradients: WeightBuffer, norm: Double) {
        switch self {
        case .norm(let limit):
            // PyTorch's guard against a norm of 0, kept so that both give the same gradients.
            let factor = Float(Double(limit) / (norm + 1e-6))
            guard factor < 1 else { return }
            layer_scale_in_place(gradients.base, gradients.count, factor)
        case .value(let limit):
            layer_clamp(gradients.base, gradients.count, limit)
        }
    }

    var limit: Float {
        switch self {
        case .norm(let limit), .value(let limit): limit
        }
    }
}
