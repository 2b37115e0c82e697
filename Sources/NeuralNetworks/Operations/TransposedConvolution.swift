import CKernels
import CLayerKernels

/// The transpose of a convolution: what a convolution does to gradients, done to values.
///
/// `window` walks over the *output* image; the products are those of the convolution from it to the input.
final class TransposedConvolution: Operation {
    let x: Variable
    let weight: Variable
    private let bias: Variable?
    let output: Variable
    let window: ImageWindow
    private let products: ConvolutionProducts
    private var partial = PartialSums()

    init(_ x: Variable, weight: Variable, bias: Variable?, window: ImageWindow, in graph: Graph) {
        self.x = x
        self.weight = weight
        self.bias = bias
        self.window = window
        products = ConvolutionProducts(
            window,
            filters: weight.shape[weight.shape.count - 1],
            weight: weight,
            givesOutputs: x.needsGradient,
            givesImages: true
        )
        output = graph.output(
            shape: [window.height, window.width, window.channels],
            of: [x, weight] + (bias.map { [$0] } ?? [])
        )
    }

    var inputs: [Variable] { [x, weight] + (bias.map { [$0] } ?? []) }

    func scratchCount(rows: Int) -> Int { products.scratchCount + PartialSums.count(weight, bias) }

    func place(scratch: UnsafeMutablePointer<Float>) {
        products.place(scratch: scratch)
        partial = PartialSums(scratch + products.scratchCount, weight, bias)
    }

    func forward(_ pass: Pass) {
        products.packBackward()
        let epilogue = vedette_epilogue(bias: bias.map { UnsafePointer($0.value) }, accumulate: 0, rectify: 0)
        pass.perform(parts: parts(pass)) { part, rows in
            products.toImages(x.value, output.value, rows: rows, part: part, epilogue)
        }
    }

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        if x.needsGradient { products.packForward() }
        pass.perform(parts: parts) { part, rows in
            if weight.needsGradient {
                products.toWeight(
                    output.gradient,
                    x.value,
                    rows: rows,
                    part: part,
                    into: partial.weight(part),
                    accumulate: partial.accumulates(weight, part)
                )
            }
            let pixels = rows.count * window.height * window.width
            partial.addBias(output.gradient + rows.lowerBound * output.size, count: pixels, part)
            if x.needsGradient {
                let epilogue = vedette_epilogue(bias: nil, accumulate: x.accumulateFlag, rectify: 0)
                products.toOutputs(output.gradient, x.gradient, rows: rows, part: part, epilogue)
            }
        }
        if parts > 1 { partial.add() }
    }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * window.positions * weight.size) }
}
