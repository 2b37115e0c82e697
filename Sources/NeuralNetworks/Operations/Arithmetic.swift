import CLayerKernels

/// `(x − offset) · scale` with constants, one of each for all elements or one per element of the last axis.
final class Rescale: Operation {
    let x: Variable
    let output: Variable
    private let channels: Int
    let scale: [Float]
    private let shift: [Float]
    private let zero: [Float]

    init(_ x: Variable, scale: [Float], offset: [Float], in graph: Graph) {
        self.x = x
        let channels = x.shape.last ?? 1
        self.channels = channels
        func spread(_ values: [Float]) -> [Float] {
            values.count == 1 ? Array(repeating: values[0], count: channels) : values
        }
        self.scale = spread(scale)
        shift = zip(self.scale, spread(offset)).map { -$0 * $1 }
        zero = Array(repeating: 0, count: channels)
        output = graph.output(shape: x.shape, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        pass.performElements(x.count(pass.rows) / channels, of: channels) { pixels in
            let first = pixels.lowerBound * channels
            layer_affine(x.value + first, scale, shift, output.value + first, pixels.count, channels, 0)
        }
    }

    func backward(_ pass: Pass) {
        let rows = x.count(pass.rows) / channels
        layer_affine(output.gradient, scale, zero, x.gradient, rows, channels, x.accumulateFlag)
    }
}

/// `Σ weight · term`, element by element: the sum of a residual block, or of several losses.
final class WeightedSum: Operation {
    let terms: [(weight: Float, variable: Variable)]
    let output: Variable

    init(_ terms: [(weight: Float, variable: Variable)], in graph: Graph) {
        precondition(
            terms.allSatisfy { $0.variable.shape == terms[0].variable.shape },
            "a sum needs terms of one shape"
        )
        self.terms = terms
        let first = terms[0].variable
        output = graph.output(shape: first.shape, isPerRow: first.isPerRow, of: terms.map(\.variable))
    }

    var inputs: [Variable] { terms.map(\.variable) }

    func forward(_ pass: Pass) {
        pass.performElements(output.count(pass.rows)) { range in
            let first = range.lowerBound
            for (index, term) in terms.enumerated() {
                let target = output.value + first
                layer_scale(term.variable.value + first, target, range.count, term.weight, index == 0 ? 0 : 1)
            }
        }
    }

    func backward(_ pass: Pass) {
        pass.performElements(output.count(pass.rows)) { range in
            for term in terms where term.variable.needsGradient {
                layer_scale(
                    output.gradient + range.lowerBound,
                    term.variable.gradient + range.lowerBound,
                    range.count,
                    term.weight,
                    term.variable.accumulateFlag
                )
            }
        }
    }
}

/// The same values under another shape.
final class Reshape: Operation {
    let x: Variable
    let output: Variable

    init(_ x: Variable, shape: [Int], in graph: Graph) {
        self.x = x
        output = graph.output(shape: shape, isPerRow: x.isPerRow, of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) { output.value.update(from: x.value, count: x.count(pass.rows)) }

    func backward(_ pass: Pass) {
        layer_scale(output.gradient, x.gradient, x.count(pass.rows), 1, x.accumulateFlag)
    }
}
