import CLayerKernels

/// A range of one axis.
final class Slice: Operation {
    let x: Variable
    let output: Variable
    let axis: Int
    let range: Range<Int>
    /// Values that lie together: the whole axis and all after it, of which the slice takes `run` from `start`.
    private let whole: Int
    private let start: Int
    private let run: Int

    init(_ x: Variable, axis: Int, _ range: Range<Int>, in graph: Graph) {
        self.x = x
        self.axis = axis
        self.range = range
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        whole = x.shape[axis] * inner
        start = range.lowerBound * inner
        run = range.count * inner
        var shape = x.shape
        shape[axis] = range.count
        output = graph.output(shape: shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        for index in 0..<x.count(pass.rows) / whole {
            (output.value + index * run).update(from: x.value + index * whole + start, count: run)
        }
    }

    func backward(_ pass: Pass) {
        if !x.accumulates { x.gradient.update(repeating: 0, count: x.count(pass.rows)) }
        for index in 0..<x.count(pass.rows) / whole {
            layer_scale(output.gradient + index * run, x.gradient + index * whole + start, run, 1, 1)
        }
    }
}
