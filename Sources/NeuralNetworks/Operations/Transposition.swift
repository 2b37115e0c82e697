/// The axes of each row in another order.
final class Transposition: Operation {
    let x: Variable
    let output: Variable
    /// Which axis of the input each axis of the output is.
    let axes: [Int]
    /// For each element of an output row its place in the input row.
    private let sources: [Int]

    init(_ x: Variable, axes: [Int], in graph: Graph) {
        self.x = x
        self.axes = axes
        var starts = [0]
        for axis in axes {
            let step = x.shape[(axis + 1)...].reduce(1, *)
            starts = starts.flatMap { start in (0..<x.shape[axis]).map { start + $0 * step } }
        }
        sources = starts
        output = graph.output(shape: axes.map { x.shape[$0] }, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        for start in stride(from: 0, to: x.count(pass.rows), by: x.size) {
            for (index, source) in sources.enumerated() { output.value[start + index] = x.value[start + source] }
        }
    }

    func backward(_ pass: Pass) {
        for start in stride(from: 0, to: x.count(pass.rows), by: x.size) {
            for (index, source) in sources.enumerated() {
                let old = x.accumulates ? x.gradient[start + source] : 0
                x.gradient[start + source] = old + output.gradient[start + index]
            }
        }
    }
}
