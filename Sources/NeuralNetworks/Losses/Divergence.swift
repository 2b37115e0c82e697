#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The mean over rows of the Kullback–Leibler divergence `Σ p · log(p / q)` between two distributions.
///
/// A probability below 1e-7 counts as 1e-7, as in Keras, so that a class ruled out by one side gives a large loss and
/// not an infinite one; where the bound holds, `p` and `q` still get a gradient.
final class Divergence: Operation {
    private let p: Variable
    private let q: Variable
    let output: Variable
    private static let smallest: Float = 1e-7

    init(of p: Variable, from q: Variable, in graph: Graph) {
        self.p = p
        self.q = q
        output = graph.output(shape: [], isPerRow: false, of: [p, q])
    }

    var inputs: [Variable] { [p, q] }

    func forward(_ pass: Pass) {
        var total = 0.0
        for index in 0..<p.count(pass.rows) {
            let p = max(p.value[index], Self.smallest)
            let q = max(q.value[index], Self.smallest)
            total += Double(p * logf(p / q))
        }
        output.value[0] = Float(total / Double(pass.rows))
    }

    func backward(_ pass: Pass) {
        let share = output.gradient[0] / Float(pass.rows)
        for index in 0..<p.count(pass.rows) {
            let pValue = max(p.value[index], Self.smallest)
            let qValue = max(q.value[index], Self.smallest)
            q.addGradient(-share * pValue / qValue, at: index)
            p.addGradient(share * (logf(pValue / qValue) + 1), at: index)
        }
    }
}

/// `p^(1/T)` of each row, divided by its sum: how a temperature softens probabilities whose logits are not known.
final class Tempering: Operation {
    private let p: Variable
    let output: Variable
    private let exponent: Float
    private static let smallest: Float = 1e-7

    init(_ p: Variable, temperature: Float, in graph: Graph) {
        precondition(temperature > 0, "a temperature is positive")
        self.p = p
        exponent = 1 / temperature
        output = graph.output(shape: p.shape, of: [p])
    }

    var inputs: [Variable] { [p] }

    func forward(_ pass: Pass) {
        for row in 0..<pass.rows {
            let source = p.value + row * p.size
            let target = output.value + row * p.size
            var sum: Float = 0
            for index in 0..<p.size {
                target[index] = powf(max(source[index], Self.smallest), exponent)
                sum += target[index]
            }
            for index in 0..<p.size { target[index] /= sum }
        }
    }

    func backward(_ pass: Pass) {
        for row in 0..<pass.rows {
            let source = p.value + row * p.size
            let y = output.value + row * p.size
            let dy = output.gradient + row * p.size
            let dp = p.gradient + row * p.size
            var inner: Float = 0
            for index in 0..<p.size { inner += y[index] * dy[index] }
            for index in 0..<p.size {
                let slope = exponent * y[index] / max(source[index], Self.smallest)
                dp[index] = (p.accumulates ? dp[index] : 0) + slope * (dy[index] - inner)
            }
        }
    }
}
