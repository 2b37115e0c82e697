import CLayerKernels

/// A convolution, or the transpose of one, with groups of channels or a dilated window.
///
/// Each group of filters sees its own group of channels. Plain convolutions take `Convolution` and
/// `TransposedConvolution`, whose products run over several images at once.
final class GroupedConvolution: Operation {
    private let x: Variable
    private let weight: Variable
    private let bias: Variable?
    let output: Variable
    private let isTransposed: Bool
    private let window: ImageWindow
    private let groups: Int
    private let products: GroupedProducts
    private let workPerRow: Int
    private var scratch = Arena.nothing
    private var partial = PartialSums()

    /// - Parameters:
    ///   - weight: `[kernel, kernel, channels of the image / groups, values per window]`.
    ///   - window: Walks over the input, or over the output of a transposed convolution.
    init(
        _ x: Variable,
        weight: Variable,
        bias: Variable?,
        window: ImageWindow,
        groups: Int,
        isTransposed: Bool,
        in graph: Graph
    ) {
        self.x = x
        self.weight = weight
        self.bias = bias
        self.isTransposed = isTransposed
        self.window = window
        self.groups = groups
        let filters = weight.shape[weight.shape.count - 1]
        products = GroupedProducts(window, groups: groups, filters: filters)
        workPerRow = window.positions * weight.size
        let shape =
            isTransposed
            ? [window.height, window.width, window.channels]
            : [window.outputHeight, window.outputWidth, filters]
        output = graph.output(shape: shape, of: [x, weight] + (bias.map { [$0] } ?? []))
    }

    /// The transpose of this one with the same weight, of another variable.
    func transpose(of x: Variable, in graph: Graph) -> GroupedConvolution {
        GroupedConvolution(
            x,
            weight: weight,
            bias: nil,
            window: window,
            groups: groups,
            isTransposed: !isTransposed,
            in: graph
        )
    }

    var inputs: [Variable] { [x, weight] + (bias.map { [$0] } ?? []) }
    private var channels: Int { output.shape[2] }

    func scratchCount(rows: Int) -> Int {
        Pass.mostParts * products.scratchCount + PartialSums.count(weight, bias)
    }

    func place(scratch: UnsafeMutablePointer<Float>) {
        self.scratch = scratch
        partial = PartialSums(scratch + Pass.mostParts * products.scratchCount, weight, bias)
    }

    private func columns(_ part: Int) -> UnsafeMutablePointer<Float> { scratch + part * products.scratchCount }
    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * workPerRow) }

    func forward(_ pass: Pass) {
        let pixels = output.size / channels
        pass.perform(parts: parts(pass)) { part, rows in
            let y = output.value + rows.lowerBound * output.size
            if let bias {
                layer_fill_rows(bias.value, y, rows.count * pixels, channels)
            } else {
                y.update(repeating: 0, count: rows.count * output.size)
            }
            if isTransposed {
                products.spread(x.value, weight.value, into: output.value, rows, columns(part))
            } else {
                products.correlate(x.value, weight.value, into: output.value, rows, columns(part))
            }
        }
    }

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        pass.perform(parts: parts) { part, rows in
            if weight.needsGradient { weightGradient(rows, part) }
            if x.needsGradient { inputGradient(rows, part) }
            let pixels = output.size / channels
            partial.addBias(output.gradient + rows.lowerBound * output.size, count: rows.count * pixels, part)
        }
        if parts > 1 { partial.add() }
    }

    private func weightGradient(_ rows: Range<Int>, _ part: Int) {
        let target = partial.weight(part)
        if !partial.accumulates(weight, part) { target.update(repeating: 0, count: weight.size) }
        let (images, pixels) = isTransposed ? (output.gradient, x.value) : (x.value, output.gradient)
        products.addWeightGradient(images, pixels, into: target, rows, columns(part))
    }

    private func inputGradient(_ rows: Range<Int>, _ part: Int) {
        if !x.accumulates { (x.gradient + rows.lowerBound * x.size).update(repeating: 0, count: rows.count * x.size) }
        if isTransposed {
            products.correlate(output.gradient, weight.value, into: x.gradient, rows, columns(part))
        } else {
            products.spread(output.gradient, weight.value, into: x.gradient, rows, columns(part))
        }
    }
}
