#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A loss of one element and its target, its mean over all elements or its sums per row.
final class ElementLoss: Operation {
    /// What is computed of each element.
    enum Form {
        /// `(x − t)²`.
        case squaredError
        /// `|x − t|`, with the slope 0 where they are equal.
        case absoluteError
        /// `½ (x − t)²` up to a difference of `delta`, then `delta · (|x − t| − ½ delta)`.
        case huber(delta: Float)
        /// `log(1 + exp(x)) − t · x`: the cross-entropy of a sigmoid with a target in 0...1, never through the sigmoid.
        case logisticCrossEntropy
    }

    private let x: Variable
    private let target: Variable
    let output: Variable
    private let form: Form
    private let reduction: LossReduction

    init(_ x: Variable, target: Variable, _ form: Form, _ reduction: LossReduction = .mean, in graph: Graph) {
        self.x = x
        self.target = target
        self.form = form
        self.reduction = reduction
        output = graph.output(shape: [], isPerRow: false, of: [x, target])
    }

    var inputs: [Variable] { [x, target] }

    func forward(_ pass: Pass) {
        let count = x.count(pass.rows)
        var total = 0.0
        for index in 0..<count {
            let (value, target) = (Double(x.value[index]), Double(target.value[index]))
            switch form {
            case .squaredError: total += (value - target) * (value - target)
            case .absoluteError: total += abs(value - target)
            case .huber(let delta):
                let (difference, delta) = (abs(value - target), Double(delta))
                total += difference <= delta ? difference * difference / 2 : delta * (difference - delta / 2)
            case .logisticCrossEntropy: total += max(value, 0) + log1p(exp(-abs(value))) - target * value
            }
        }
        output.value[0] = Float(total / reduction.divisor(rows: pass.rows, size: x.size))
    }

    func backward(_ pass: Pass) {
        let count = x.count(pass.rows)
        let share = output.gradient[0] / Float(reduction.divisor(rows: pass.rows, size: x.size))
        switch form {
        case .squaredError:
            let slope = 2 * share
            write(to: x, count) { slope * (x.value[$0] - target.value[$0]) }
            write(to: target, count) { -slope * (x.value[$0] - target.value[$0]) }
        case .absoluteError:
            func slope(_ index: Int) -> Float {
                let difference = x.value[index] - target.value[index]
                return difference > 0 ? share : (difference < 0 ? -share : share * difference)
            }
            write(to: x, count) { slope($0) }
            write(to: target, count) { -slope($0) }
        case .huber(let delta):
            func slope(_ index: Int) -> Float {
                share * min(max(x.value[index] - target.value[index], -delta), delta)
            }
            write(to: x, count) { slope($0) }
            write(to: target, count) { -slope($0) }
        case .logisticCrossEntropy:
            write(to: x, count) { share * (1 / (1 + expf(-x.value[$0])) - target.value[$0]) }
            write(to: target, count) { -share * x.value[$0] }
        }
    }

    @inline(__always)
    private func write(to variable: Variable, _ count: Int, _ gradient: (Int) -> Float) {
        guard variable.needsGradient else { return }
        if variable.accumulates {
            for index in 0..<count { variable.gradient[index] += gradient(index) }
        } else {
            for index in 0..<count { variable.gradient[index] = gradient(index) }
        }
    }
}
