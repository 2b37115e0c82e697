import CLayerKernels
import LinearAlgebra

/// A function of each element that is not an activation: the pieces that formulas are made of.
final class ElementFunction: Operation {
    enum Form: String {
        case exponential, logarithm, squareRoot, square, magnitude
        /// The standard normal distribution function.
        case normalDistribution
        /// −1, 0 or 1, as the element's sign is; its slope counts as 0.
        case sign
    }

    let form: Form
    let x: Variable
    let output: Variable

    init(_ form: Form, of x: Variable, in graph: Graph) {
        self.form = form
        self.x = x
        output = graph.output(shape: x.shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        let count = x.count(pass.rows)
        let (x, y) = (x.value, output.value)
        switch form {
        case .exponential: Elementwise.exp(x, into: y, count: count)
        case .logarithm: Elementwise.log(x, into: y, count: count)
        case .squareRoot: for i in 0..<count { y[i] = x[i].squareRoot() }
        case .square: for i in 0..<count { y[i] = x[i] * x[i] }
        case .magnitude: for i in 0..<count { y[i] = abs(x[i]) }
        case .normalDistribution: layer_normal_distribution(x, y, count)
        case .sign: for i in 0..<count { y[i] = Self.sign(x[i]) }
        }
    }

    func backward(_ pass: Pass) {
        let count = x.count(pass.rows)
        let (y, dy) = (output.value, output.gradient)
        let value = x.value
        switch form {
        case .exponential: write(count) { dy[$0] * y[$0] }
        case .logarithm: write(count) { dy[$0] / value[$0] }
        case .squareRoot: write(count) { dy[$0] / (2 * y[$0]) }
        case .square: write(count) { 2 * dy[$0] * value[$0] }
        case .magnitude: write(count) { dy[$0] * Self.sign(value[$0]) }
        case .normalDistribution: layer_normal_distribution_backward(value, dy, x.gradient, count, x.accumulateFlag)
        case .sign: write(count) { _ in 0 }
        }
    }

    private static func sign(_ x: Float) -> Float { x > 0 ? 1 : (x < 0 ? -1 : x) }

    @inline(__always)
    private func write(_ count: Int, _ gradient: (Int) -> Float) {
        if x.accumulates {
            for index in 0..<count { x.gradient[index] += gradient(index) }
        } else {
            for index in 0..<count { x.gradient[index] = gradient(index) }
        }
    }
}
