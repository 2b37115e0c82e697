import CLayerKernels

/// `factor · x + offset` with two constants.
final class Affine: Operation {
    let x: Variable
    let output: Variable
    let factor: Float
    private let offset: Float

    init(_ x: Variable, factor: Float, offset: Float, in graph: Graph) {
        self.x = x
        self.factor = factor
        self.offset = offset
        output = graph.output(shape: x.shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        let (x, y) = (x.value, output.value)
        for index in 0..<output.count(pass.rows) { y[index] = factor * x[index] + offset }
    }

    func backward(_ pass: Pass) {
        layer_scale(output.gradient, x.gradient, x.count(pass.rows), factor, x.accumulateFlag)
    }
}

/// One value for every element, of every row or shared by the rows.
final class Constant: Operation {
    let output: Variable
    private let value: Float

    init(_ value: Float, shape: [Int], isPerRow: Bool, in graph: Graph) {
        self.value = value
        output = graph.output(shape: shape, isPerRow: isPerRow, of: [])
    }

    var inputs: [Variable] { [] }
    func forward(_ pass: Pass) { output.value.update(repeating: value, count: output.count(pass.rows)) }
    func backward(_ pass: Pass) {}
}
