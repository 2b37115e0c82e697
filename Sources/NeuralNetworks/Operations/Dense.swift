import CLayerKernels

/// `y = x · W + b` over the last axis: all other axes count as rows.
final class Dense: Operation {
    let x: Variable
    let weight: Variable
    private let bias: Variable?
    let output: Variable
    private let channels: Int
    private let units: Int
    private var partial = PartialSums()

    init(_ x: Variable, weight: Variable, bias: Variable?, in graph: Graph) {
        self.x = x
        self.weight = weight
        self.bias = bias
        channels = weight.shape[0]
        units = weight.shape[1]
        output = graph.output(shape: x.shape.dropLast() + [units], of: [x, weight] + (bias.map { [$0] } ?? []))
    }

    var inputs: [Variable] { [x, weight] + (bias.map { [$0] } ?? []) }

    /// Products per row of the batch: 1 for a vector, pixels for an image.
    private var positions: Int { x.size / channels }

    func scratchCount(rows: Int) -> Int { PartialSums.count(weight, bias) }
    func place(scratch: UnsafeMutablePointer<Float>) { partial = PartialSums(scratch, weight, bias) }

    func forward(_ pass: Pass) {
        pass.perform(parts: parts(pass)) { _, rows in
            let first = rows.lowerBound * positions
            let count = rows.count * positions
            let y = output.value + first * units
            if let bias { layer_fill_rows(bias.value, y, count, units) }
            Product.multiply(
                (x.value + first * channels, count, channels),
                (weight.value, channels, units),
                into: y,
                accumulate: bias != nil
            )
        }
    }

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        pass.perform(parts: parts) { part, rows in
            let first = rows.lowerBound * positions
            let count = rows.count * positions
            let dy = output.gradient + first * units
            if x.needsGradient {
                Product.multiplyTransposed(
                    (dy, count, units),
                    (weight.value, channels, units),
                    into: x.gradient + first * channels,
                    accumulate: x.accumulates
                )
            }
            if weight.needsGradient {
                Product.transposedMultiply(
                    (x.value + first * channels, count, channels),
                    (dy, count, units),
                    into: partial.weight(part),
                    accumulate: partial.accumulates(weight, part)
                )
            }
            partial.addBias(dy, count: count, part)
        }
        if parts > 1 { partial.add() }
    }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * positions * weight.size) }
}
