import CLayerKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An optimiser at work on the weights of one network: its state, one sweep per step.
struct OptimiserState {
    private let optimiser: Optimiser
    private let weights: WeightBuffer
    private let gradients: WeightBuffer
    /// Consecutive weights that are treated alike.
    private let runs: [(range: Range<Int>, decays: Bool)]
    /// Running means: of gradients, or the velocity.
    let first: WeightBuffer
    /// Running means of squared gradients, where the rule has them.
    let second: WeightBuffer
    /// Steps taken.
    var step = 0

    /// - Parameter decaysAll: Whether weight decay takes biases and scales too.
    init(
        _ optimiser: Optimiser,
        slots: [WeightSlot],
        weights: WeightBuffer,
        gradients: WeightBuffer,
        decaysAll: Bool
    ) {
        self.optimiser = optimiser
        self.weights = weights
        self.gradients = gradients
        runs = slots.filter(\.isTrained).map { ($0.offset..<$0.offset + $0.count, $0.decays || decaysAll) }
        first = WeightBuffer(count: weights.count)
        second = WeightBuffer(count: weights.count)
    }

    /// Moves the weights by the gradients, at `factor` times the learning rate.
    mutating func advance(factor: Float) {
        step += 1
        for run in runs {
            let start = run.range.lowerBound
            let weight = weights.base + start, gradient = gradients.base + start
            let first = first.base + start, second = second.base + start
            let count = run.range.count
            func decay(_ weightDecay: Float) -> Float { run.decays ? weightDecay : 0 }
            switch optimiser {
            case .adam(let rate, let beta1, let beta2, let epsilon, let weightDecay):
                let corrected = corrections(rate * factor, beta1, beta2, epsilon)
                layer_adam(
                    weight,
                    gradient,
                    first,
                    second,
                    count,
                    corrected.rate,
                    beta1,
                    beta2,
                    corrected.epsilon,
                    decay(weightDecay),
                    0
                )
            case .adamW(let rate, let beta1, let beta2, let epsilon, let weightDecay):
                let corrected = corrections(rate * factor, beta1, beta2, epsilon)
                layer_adam(
                    weight,
                    gradient,
                    first,
                    second,
                    count,
                    corrected.rate,
                    beta1,
                    beta2,
                    corrected.epsilon,
                    0,
                    rate * factor * decay(weightDecay)
                )
            case .gradientDescent(let rate, let momentum, let nesterov, let weightDecay):
                layer_momentum(
                    weight,
                    gradient,
                    first,
                    count,
                    rate * factor,
                    momentum,
                    nesterov ? 1 : 0,
                    decay(weightDecay)
                )
            case .rmsProp(let rate, let smoothing, let momentum, let epsilon, let weightDecay):
                layer_rms_prop(
                    weight,
                    gradient,
                    first,
                    second,
                    count,
                    rate * factor,
                    smoothing,
                    momentum,
                    epsilon,
                    decay(weightDecay)
                )
            }
        }
    }

    /// `m̂ / (√v̂ + ε) = (m / c1) / (√v / √c2 + ε)`, with both corrections drawn out of the loop.
    private func corrections(
        _ rate: Float,
        _ beta1: Float,
        _ beta2: Float,
        _ epsilon: Float
    ) -> (rate: Float, epsilon: Float) {
        let correction1 = 1 - powf(beta1, Float(step))
        let correction2 = (1 - powf(beta2, Float(step))).squareRoot()
        return (rate * correction2 / correction1, epsilon * correction2)
    }
}
