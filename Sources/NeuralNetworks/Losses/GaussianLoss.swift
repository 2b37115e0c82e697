#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The negative log likelihood of targets under normal distributions with a mean and a log variance for each element:
/// `½ (log 2π + v + (t − m)² e^−v)`.
final class GaussianLoss: Operation {
    private let mean: Variable
    private let logVariance: Variable
    private let target: Variable
    let output: Variable
    private let reduction: LossReduction

    init(
        mean: Variable,
        logVariance: Variable,
        target: Variable,
        _ reduction: LossReduction,
        in graph: Graph
    ) {
        self.mean = mean
        self.logVariance = logVariance
        self.target = target
        self.reduction = reduction
        output = graph.output(shape: [], isPerRow: false, of: [mean, logVariance, target])
    }

    var inputs: [Variable] { [mean, logVariance, target] }

    func forward(_ pass: Pass) {
        let count = mean.count(pass.rows)
        var total = Double(count) * log(2 * Double.pi)
        for index in 0..<count {
            let (difference, v) = (error(index), Double(logVariance.value[index]))
            total += v + difference * difference * exp(-v)
        }
        output.value[0] = Float(0.5 * total / reduction.divisor(rows: pass.rows, size: mean.size))
    }

    private func error(_ index: Int) -> Double { Double(mean.value[index]) - Double(target.value[index]) }

    func backward(_ pass: Pass) {
        let share = Double(output.gradient[0]) / reduction.divisor(rows: pass.rows, size: mean.size)
        for index in 0..<mean.count(pass.rows) {
            let (difference, precision) = (error(index), exp(-Double(logVariance.value[index])))
            let slope = Float(share * difference * precision)
            mean.addGradient(slope, at: index)
            target.addGradient(-slope, at: index)
            logVariance.addGradient(Float(0.5 * share * (1 - difference * difference * precision)), at: index)
        }
    }
}

/// The divergence of normal distributions from the standard one, `½ Σ (m² + e^v − 1 − v)` per row, its mean over rows.
///
/// Source: D. P. Kingma and M. Welling (2014), arXiv:1312.6114, appendix B.
final class NormalDivergence: Operation {
    private let mean: Variable
    private let logVariance: Variable
    let output: Variable

    init(mean: Variable, logVariance: Variable, in graph: Graph) {
        self.mean = mean
        self.logVariance = logVariance
        output = graph.output(shape: [], isPerRow: false, of: [mean, logVariance])
    }

    var inputs: [Variable] { [mean, logVariance] }

    func forward(_ pass: Pass) {
        var total = 0.0
        for index in 0..<mean.count(pass.rows) {
            let (m, v) = (Double(mean.value[index]), Double(logVariance.value[index]))
            total += m * m + expm1(v) - v
        }
        output.value[0] = Float(0.5 * total / Double(pass.rows))
    }

    func backward(_ pass: Pass) {
        let share = output.gradient[0] / Float(pass.rows)
        for index in 0..<mean.count(pass.rows) {
            mean.addGradient(share * mean.value[index], at: index)
            logVariance.addGradient(0.5 * share * expm1f(logVariance.value[index]), at: index)
        }
    }
}

extension Variable {
    /// Overwrites one element of the gradient, or adds to it; does nothing where no gradient is wanted.
    @inline(__always)
    func addGradient(_ value: Float, at index: Int) {
        guard needsGradient else { return }
        gradient[index] = (accumulates ? gradient[index] : 0) + value
    }
}
