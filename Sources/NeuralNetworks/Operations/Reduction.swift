/// The sum, mean or maximum over one axis, over all axes of a row, or over the rows of the batch.
///
/// Sums are taken in double. The gradient of a maximum goes to the first element that has it.
final class Reduction: Operation {
    enum Form: String {
        case sum, mean, maximum
    }

    /// What is reduced.
    enum Extent {
        case axis(Int)
        case row
        case batch
    }

    let form: Form
    let extent: Extent
    let x: Variable
    let output: Variable

    init(_ form: Form, of x: Variable, over extent: Extent, in graph: Graph) {
        self.form = form
        self.extent = extent
        self.x = x
        switch extent {
        case .axis(let axis):
            var shape = x.shape
            shape.remove(at: axis)
            output = graph.output(shape: shape, isPerRow: x.isPerRow, of: [x])
        case .row: output = graph.output(shape: [], isPerRow: x.isPerRow, of: [x])
        case .batch: output = graph.output(shape: x.shape, isPerRow: false, of: [x])
        }
    }

    var inputs: [Variable] { [x] }

    /// The input as `[outer, length, inner]`, of which the middle is reduced.
    private func view(_ pass: Pass) -> (outer: Int, length: Int, inner: Int) {
        let blocks = x.isPerRow ? pass.rows : 1
        switch extent {
        case .axis(let axis):
            return (
                blocks * x.shape[..<axis].reduce(1, *),
                x.shape[axis],
                x.shape[(axis + 1)...].reduce(1, *)
            )
        case .row: return (blocks, x.size, 1)
        case .batch: return (1, blocks, x.size)
        }
    }

    func forward(_ pass: Pass) {
        let (outer, length, inner) = view(pass)
        for block in 0..<outer {
            for index in 0..<inner {
                let first = x.value + block * length * inner + index
                output.value[block * inner + index] = reduced(first, length, inner)
            }
        }
    }

    private func reduced(_ first: UnsafeMutablePointer<Float>, _ length: Int, _ step: Int) -> Float {
        if form == .maximum {
            var largest = first[0]
            for position in 1..<max(length, 1) where !(first[position * step] <= largest) {
                largest = first[position * step]
            }
            return largest
        }
        var total = 0.0
        for position in 0..<length { total += Double(first[position * step]) }
        return Float(form == .mean ? total / Double(length) : total)
    }

    func backward(_ pass: Pass) {
        let (outer, length, inner) = view(pass)
        if !x.accumulates { x.gradient.update(repeating: 0, count: outer * length * inner) }
        let share = form == .mean ? 1 / Float(length) : 1
        for block in 0..<outer {
            for index in 0..<inner {
                let place = block * inner + index
                let first = block * length * inner + index
                let slope = share * output.gradient[place]
                for position in 0..<length {
                    let at = first + position * inner
                    if form == .maximum {
                        guard x.value[at] == output.value[place] else { continue }
                        x.gradient[at] += slope
                        break
                    }
                    x.gradient[at] += slope
                }
            }
        }
    }
}
