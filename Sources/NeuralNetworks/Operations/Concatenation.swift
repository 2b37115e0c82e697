import CLayerKernels

/// Tensors laid one after the other along one axis.
final class Concatenation: Operation {
    let terms: [Variable]
    let output: Variable
    let axis: Int
    /// Values of each term, and of the output, that lie together: the axis and all after it.
    private let runs: [Int]
    private let run: Int

    /// - Parameter terms: Of one shape but for `axis`, and all of them per row or none.
    init(_ terms: [Variable], axis: Int, in graph: Graph) {
        self.terms = terms
        self.axis = axis
        var shape = terms[0].shape
        shape[axis] = terms.reduce(0) { $0 + $1.shape[axis] }
        runs = terms.map { $0.shape[axis...].reduce(1, *) }
        run = shape[axis...].reduce(1, *)
        output = graph.output(shape: shape, isPerRow: terms[0].isPerRow, of: terms)
    }

    var inputs: [Variable] { terms }

    func forward(_ pass: Pass) {
        forEachRun(pass) { term, source, target, count in
            (output.value + target).update(from: term.value + source, count: count)
        }
    }

    func backward(_ pass: Pass) {
        forEachRun(pass) { term, source, target, count in
            guard term.needsGradient else { return }
            layer_scale(output.gradient + target, term.gradient + source, count, 1, term.accumulateFlag)
        }
    }

    private func forEachRun(
        _ pass: Pass,
        _ body: (_ term: Variable, _ source: Int, _ target: Int, _ count: Int) -> Void
    ) {
        var start = 0
        for (term, count) in zip(terms, runs) {
            for index in 0..<output.count(pass.rows) / run { body(term, index * count, index * run + start, count) }
            start += count
        }
    }
}
