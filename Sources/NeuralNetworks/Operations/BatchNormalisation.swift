import CLayerKernels

/// Normalises each element of the last axis: by the batch while training, by running averages otherwise.
///
/// Training also moves the running averages, which take the unbiased variance. A frozen network never trains, so
/// gradients pass through it by its running averages.
///
/// Source: S. Ioffe and C. Szegedy (2015), "Batch normalization", arXiv:1502.03167; the gradient follows from its
/// section 3 and is here one affine function of `dy` and `x` per channel.
final class BatchNormalisation: Operation {
    let x: Variable
    let scale: Variable
    let shift: Variable
    let runningMean: Variable
    let runningVariance: Variable
    let output: Variable
    private let momentum: Float
    let epsilon: Float
    let isFrozen: Bool
    let channels: Int

    /// Of the last forward pass, per channel.
    private var mean: [Float]
    private var inverseDeviation: [Float]
    /// Sums per channel, two kinds of them; each part of a batch has its own, and they end up in the first part's.
    private let sums: ChannelSums
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
        sums = ChannelSums(channels: channels)
        output = graph.output(shape: x.shape, of: [x, scale, shift])
    }

    var inputs: [Variable] { [x, scale, shift] }

    private func samples(_ pass: Pass) -> Int { pass.rows * x.size / channels }
    private func usesBatch(_ pass: Pass) -> Bool { pass.isTraining && !isFrozen }

    func forward(_ pass: Pass) {
        let samples = samples(pass)
        if usesBatch(pass) {
            sums.add(pass, samples) { sums, _, range in
                layer_channel_sums(x.value + range.lowerBound * channels, range.count, channels, sums)
            }
            for channel in 0..<channels { mean[channel] = Float(sums.first[channel] / Double(samples)) }
            sums.add(pass, samples) { sums, _, range in
                layer_centred_squares(x.value + range.lowerBound * channels, mean, range.count, channels, sums)
            }
            let correction = samples > 1 ? Float(samples) / Float(samples - 1) : 1
            for channel in 0..<channels {
                let variance = Float(sums.first[channel] / Double(samples))
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
        pass.performElements(samples, of: channels) { pixels in
            let first = pixels.lowerBound * channels
            layer_affine(x.value + first, a, k, output.value + first, pixels.count, channels, 0)
        }
    }

    private func move(_ average: Variable, _ channel: Int, towards value: Float) {
        average.value[channel] = momentum * average.value[channel] + (1 - momentum) * value
    }

    func backward(_ pass: Pass) {
        let samples = samples(pass)
        let usesBatch = usesBatch(pass)
        if usesBatch || scale.needsGradient || shift.needsGradient {
            sums.add(pass, samples) { sums, weightedSums, range in
                let first = range.lowerBound * channels
                layer_normalisation_sums(
                    x.value + first,
                    output.gradient + first,
                    mean,
                    inverseDeviation,
                    range.count,
                    channels,
                    sums,
                    weightedSums
                )
            }
            scale.addGradient(sums.second)
            shift.addGradient(sums.first)
        }
        guard x.needsGradient else { return }
        for channel in 0..<channels {
            let factor = scale.value[channel] * inverseDeviation[channel]
            a[channel] = factor
            b[channel] = 0
            k[channel] = 0
            guard usesBatch else { continue }
            // dx = factor · (dy − mean(dy) − x̂ · mean(dy · x̂)), with x̂ = (x − mean) · inverse deviation.
            let slope = Float(sums.second[channel] / Double(samples)) * factor * inverseDeviation[channel]
            b[channel] = -slope
            k[channel] = slope * mean[channel] - Float(sums.first[channel] / Double(samples)) * factor
        }
        pass.performElements(samples, of: channels) { pixels in
            let first = pixels.lowerBound * channels
            layer_normalisation_backward(
                x.value + first,
                output.gradient + first,
                a,
                b,
                k,
                x.gradient + first,
                pixels.count,
                channels,
                x.accumulateFlag
            )
        }
    }
}
