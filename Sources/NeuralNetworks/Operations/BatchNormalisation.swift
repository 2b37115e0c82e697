import CLayerKernels

/// Normalises each element of the last axis: by the batch while training, by running averages otherwise.
///
/// Training also moves the running averages, which take the unbiased variance. A frozen network never trains, so
/// gradients pass through it by its running averages.
///
/// Source: S. Ioffe and C. Szegedy (2015), "Batch normalization", arXiv:1502.03167; the gradient follows from its
/// section 3 and is here one affine function of `dy` and `x` per channel.
final class BatchNormalisation: Operation {
    private let x: Variable
    private let scale: Variable
    private let shift: Variable
    private let runningMean: Variable
    private let runningVariance: Variable
    let output: Variable
    private let momentum: Float
    private let epsilon: Float
    private let isFrozen: Bool
    private let channels: Int

    /// Of the last forward pass, per channel.
    private var mean: [Float]
    private var inverseDeviation: [Float]
    /// Working memory, per channel.
    private var sums: [Double]
    private var weightedSums: [Double]
    /// What makes the input's gradient of `dy` and `x`: `a · dy + b · x + k`; forwards the output of `x`: `a · x + k`.
    private var a: [Float]
    private var b: [Float]
    private var k: [Float]

    init(
        _ x: Variable,
        weights: (scale: Variable, shift: Variable, mean: Variable, variance: Variable),
        momentum: Float,
        epsilon: Float,
        isFrozen: Bool,
        in graph: Graph
    ) {
        self.x = x
        scale = weights.scale
        shift = weights.shift
        runningMean = weights.mean
        runningVariance = weights.variance
        self.momentum = momentum
        self.epsilon = epsilon
        self.isFrozen = isFrozen
        channels = weights.scale.size
        mean = Array(repeating: 0, count: channels)
        inverseDeviation = mean
        a = mean
        b = mean
        k = mean
        sums = Array(repeating: 0, count: channels)
        weightedSums = sums
        output = graph.output(shape: x.shape, of: [x, scale, shift])
    }

    var inputs: [Variable] { [x, scale, shift] }

    private func samples(_ pass: Pass) -> Int { pass.rows * x.size / channels }
    private func usesBatch(_ pass: Pass) -> Bool { pass.isTraining && !isFrozen }

    func forward(_ pass: Pass) {
        let samples = samples(pass)
        if usesBatch(pass) {
            layer_moments(x.value, samples, channels, &sums, &mean, &inverseDeviation)
            let correction = samples > 1 ? Float(samples) / Float(samples - 1) : 1
            for channel in 0..<channels {
                let variance = inverseDeviation[channel]
                move(runningMean, channel, towards: mean[channel])
                move(runningVariance, channel, towards: variance * correction)
                inverseDeviation[channel] = 1 / (variance + epsilon).squareRoot()
            }
        } else {
            for channel in 0..<channels {
                mean[channel] = runningMean.value[channel]
                inverseDeviation[channel] = 1 / (runningVariance.value[channel] + epsilon).squareRoot()
            }
        }
        for channel in 0..<channels {
            a[channel] = scale.value[channel] * inverseDeviation[channel]
            k[channel] = shift.value[channel] - mean[channel] * a[channel]
        }
        layer_affine(x.value, a, k, output.value, samples, channels, 0)
    }

    private func move(_ average: Variable, _ channel: Int, towards value: Float) {
        average.value[channel] = momentum * average.value[channel] + (1 - momentum) * value
    }

    func backward(_ pass: Pass) {
        let samples = samples(pass)
        let usesBatch = usesBatch(pass)
        if usesBatch || scale.needsGradient || shift.needsGradient {
            layer_normalisation_sums(
                x.value,
                output.gradient,
                mean,
                inverseDeviation,
                samples,
                channels,
                &sums,
                &weightedSums
            )
            scale.addGradient(weightedSums)
            shift.addGradient(sums)
        }
        guard x.needsGradient else { return }
        for channel in 0..<channels {
            let factor = scale.value[channel] * inverseDeviation[channel]
            a[channel] = factor
            b[channel] = 0
            k[channel] = 0
            guard usesBatch else { continue }
            // dx = factor · (dy − mean(dy) − x̂ · mean(dy · x̂)), with x̂ = (x − mean) · inverse deviation.
            let slope = Float(weightedSums[channel] / Double(samples)) * factor * inverseDeviation[channel]
            b[channel] = -slope
            k[channel] = slope * mean[channel] - Float(sums[channel] / Double(samples)) * factor
        }
        layer_normalisation_backward(
            x.value,
            output.gradient,
            a,
            b,
            k,
            x.gradient,
            samples,
            channels,
            x.accumulateFlag
        )
    }
}
