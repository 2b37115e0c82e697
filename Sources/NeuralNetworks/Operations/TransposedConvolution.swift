import CLayerKernels

/// The transpose of a convolution: what a convolution does to gradients, done to values.
///
/// `window` walks over the *output* image; each input pixel is multiplied into one column, which is added onto the
/// output under its window.
final class TransposedConvolution: Operation {
    private let x: Variable
    private let weight: Variable
    private let bias: Variable?
    let output: Variable
    private let window: ImageWindow
    private let filters: Int
    private let columns: ColumnBlocks

    init(_ x: Variable, weight: Variable, bias: Variable?, window: ImageWindow, in graph: Graph) {
        self.x = x
        self.weight = weight
        self.bias = bias
        self.window = window
        filters = weight.shape[2]
        columns = ColumnBlocks(window)
        output = graph.output(
            shape: [window.height, window.width, filters],
            of: [x, weight] + (bias.map { [$0] } ?? [])
        )
    }

    var inputs: [Variable] { [x, weight] + (bias.map { [$0] } ?? []) }
    func scratchCount(rows: Int) -> Int { columns.scratchCount }
    func place(scratch: UnsafeMutablePointer<Float>) { columns.place(scratch: scratch) }

    /// The weight as a matrix `[kernel · kernel · filters, channels of the input]`.
    private var factor: Product.Matrix { (weight.value, window.windowSize, weight.shape[3]) }

    private func pixels(_ images: UnsafeMutablePointer<Float>, _ block: Range<Int>) -> Product.Matrix {
        (images + block.lowerBound * x.size, block.count * window.positions, weight.shape[3])
    }

    func forward(_ pass: Pass) {
        if let bias { layer_fill_rows(bias.value, output.value, pass.rows * window.height * window.width, filters) }
        columns.forEachBlock(of: 0..<pass.rows) { block in
            if window.isPointwise {
                Product.multiplyTransposed(
                    pixels(x.value, block),
                    factor,
                    into: output.value + block.lowerBound * output.size,
                    accumulate: bias != nil
                )
            } else {
                Product.multiplyTransposed(pixels(x.value, block), factor, into: columns.buffer(0), accumulate: false)
                columns.scatter(columns.buffer(0), to: output.value, block, accumulate: bias != nil)
            }
        }
    }

    func backward(_ pass: Pass) {
        var isFirst = true
        columns.forEachBlock(of: 0..<pass.rows) { block in
            let column = columns.gather(output.gradient, block, 0)
            if weight.needsGradient {
                Product.transposedMultiply(
                    column,
                    pixels(x.value, block),
                    into: weight.gradient,
                    accumulate: !isFirst || weight.accumulates
                )
            }
            if x.needsGradient {
                Product.multiply(
                    column,
                    factor,
                    into: x.gradient + block.lowerBound * x.size,
                    accumulate: x.accumulates
                )
            }
            isFirst = false
        }
        if let bias, bias.needsGradient {
            let pixels = pass.rows * window.height * window.width
            layer_column_sums(output.gradient, bias.gradient, pixels, filters, bias.accumulateFlag)
        }
    }
}
