import CLayerKernels

/// A two-dimensional convolution by im2col and one matrix product per block of images.
///
/// Channels-last activations let the product write the output directly. The columns of a block are recomputed on the
/// way back: cheaper than keeping `kernel²` copies of every activation in memory.
final class Convolution: Operation {
    private let x: Variable
    private let weight: Variable
    private let bias: Variable?
    let output: Variable
    private let window: ImageWindow
    private let filters: Int
    private let columns: ColumnBlocks
    private var weightPart = Arena.nothing

    init(_ x: Variable, weight: Variable, bias: Variable?, window: ImageWindow, in graph: Graph) {
        self.x = x
        self.weight = weight
        self.bias = bias
        self.window = window
        filters = weight.shape[3]
        columns = ColumnBlocks(window)
        output = graph.output(
            shape: [window.outputHeight, window.outputWidth, filters],
            of: [x, weight] + (bias.map { [$0] } ?? [])
        )
    }

    var inputs: [Variable] { [x, weight] + (bias.map { [$0] } ?? []) }

    func scratchCount(rows: Int) -> Int { columns.scratchCount + (weight.needsGradient ? weight.size : 0) }

    func place(scratch: UnsafeMutablePointer<Float>) {
        columns.place(scratch: scratch)
        weightPart = scratch + columns.scratchCount
    }

    func forward(_ pass: Pass) {
        pass.perform(parts: parts(pass)) { part, rows in
            columns.forEachBlock(of: rows) { block in
                let column = columns.gather(x.value, block, part)
                let y = output.value + block.lowerBound * output.size
                if let bias { layer_fill_rows(bias.value, y, block.count * window.positions, filters) }
                Product.multiply(column, factor, into: y, accumulate: bias != nil)
            }
        }
    }

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        pass.perform(parts: parts) { part, rows in
            var isFirst = true
            columns.forEachBlock(of: rows) { block in
                let dy = output.gradient + block.lowerBound * output.size
                let gradient = (dy, block.count * window.positions, filters)
                if weight.needsGradient {
                    Product.transposedMultiply(
                        columns.gather(x.value, block, part),
                        gradient,
                        into: part == 0 ? weight.gradient : weightPart,
                        accumulate: !isFirst || (part == 0 && weight.accumulates)
                    )
                }
                if x.needsGradient { inputGradient(gradient, block, part) }
                isFirst = false
            }
        }
        if parts > 1, weight.needsGradient { layer_scale(weightPart, weight.gradient, weight.size, 1, 1) }
        if let bias, bias.needsGradient {
            layer_column_sums(
                output.gradient,
                bias.gradient,
                pass.rows * window.positions,
                filters,
                bias.accumulateFlag
            )
        }
    }

    private func inputGradient(_ gradient: Product.Matrix, _ block: Range<Int>, _ part: Int) {
        let dx = x.gradient + block.lowerBound * x.size
        if window.isPointwise {
            Product.multiplyTransposed(gradient, factor, into: dx, accumulate: x.accumulates)
        } else {
            let column = columns.buffer(part)
            Product.multiplyTransposed(gradient, factor, into: column, accumulate: false)
            columns.scatter(column, to: x.gradient, block, accumulate: x.accumulates)
        }
    }

    /// The weight as a matrix `[kernel · kernel · channels, filters]`.
    private var factor: Product.Matrix { (weight.value, window.windowSize, filters) }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * window.positions * weight.size) }
}
