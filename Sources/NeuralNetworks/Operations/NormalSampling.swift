import CLayerKernels
import LinearAlgebra
import Statistics

/// A draw from normal distributions that gradients flow through.
///
/// While training it is `mean + exp(log variance / 2) · ε` with standard normal ε from a stream of its own for each
/// step, otherwise the mean.
///
/// Source: D. P. Kingma and M. Welling (2014), "Auto-encoding variational Bayes", arXiv:1312.6114, section 2.4.
final class NormalSampling: Operation {
    let mean: Variable
    let logVariance: Variable
    let output: Variable
    private let root: SeededGenerator
    /// Half of what the draw adds to the mean, which is also the draw's slope by the log variance.
    private var half = Arena.nothing

    init(mean: Variable, logVariance: Variable, in graph: Graph) {
        self.mean = mean
        self.logVariance = logVariance
        root = SeededGenerator(seed: graph.seed).split(stream: UInt64(graph.operations.count))
        output = graph.output(shape: mean.shape, of: [mean, logVariance])
    }

    var inputs: [Variable] { [mean, logVariance] }
    func scratchCount(rows: Int) -> Int { mean.count(rows) }
    func place(scratch: UnsafeMutablePointer<Float>) { half = scratch }

    func forward(_ pass: Pass) {
        let count = mean.count(pass.rows)
        guard pass.isTraining else { return layer_scale(mean.value, output.value, count, 1, 0) }
        layer_scale(logVariance.value, half, count, 0.5, 0)
        Elementwise.exp(half, into: half, count: count)
        var generator = root.split(stream: UInt64(pass.step))
        for index in 0..<count {
            half[index] *= 0.5 * Float(generator.normal())
            output.value[index] = mean.value[index] + 2 * half[index]
        }
    }

    func backward(_ pass: Pass) {
        let count = mean.count(pass.rows)
        if mean.needsGradient { layer_scale(output.gradient, mean.gradient, count, 1, mean.accumulateFlag) }
        guard logVariance.needsGradient else { return }
        if pass.isTraining {
            layer_multiply(output.gradient, half, logVariance.gradient, count, logVariance.accumulateFlag)
        } else if !logVariance.accumulates {
            logVariance.gradient.update(repeating: 0, count: count)
        }
    }
}
