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
    private let first: WeightBuffer
    private let second: WeightBuffer
    private var step = 0

    init(_ optimiser: Optimiser, slots: [WeightSlot], weights: WeightBuffer, gradients: WeightBuffer) {
        self.optimiser = optimiser
        self.weights = weights
        self.gradients = gradients
        runs = slots.filter(\.isTrained).map { ($0.offset..<$0.offset + $0.count, $0.decays) }
        first = WeightBuffer(count: weights.count)
        second = WeightBuffer(count: weights.count)
    }

    /// Moves the weights by the gradients, at `factor` times the learning rate.
    mutating func advance(factor: Float) {
        step += 1
        switch optimiser {
        case .adam(let learningRate, let beta1, let beta2, let epsilon, let weightDecay):
            let rate = learningRate * factor
            // m̂ / (√v̂ + ε) = (m / c1) / (√v / √c2 + ε), with both corrections drawn out of the loop.
            let correction1 = 1 - powf(beta1, Float(step))
            let correction2 = (1 - powf(beta2, Float(step))).squareRoot()
            for run in runs {
                let start = run.range.lowerBound
                layer_adam(
                    weights.base + start,
                    gradients.base + start,
                    first.base + start,
                    second.base + start,
                    run.range.count,
                    rate * correction2 / correction1,
                    beta1,
                    beta2,
                    epsilon * correction2,
                    run.decays ? rate * weightDecay : 0
                )
            }
        case .gradientDescent(let learningRate, let momentum, let weightDecay):
            for run in runs {
                let start = run.range.lowerBound
                layer_momentum(
                    weights.base + start,
                    gradients.base + start,
                    first.base + start,
                    run.range.count,
                    learningRate * factor,
                    momentum,
                    run.decays ? weightDecay : 0
                )
            }
        }
    }
}
