import CKernels
import CLayerKernels

/// A two-dimensional convolution, directly over channels-last images.
final class Convolution: Operation {
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
        let filters = weight.shape[weight.shape.count - 1]
        products = ConvolutionProducts(
            window,
            filters: filters,
            weight: weight,
            givesOutputs: true,
            givesImages: x.needsGradient
        )
        output = graph.output(
            shape: [window.outputHeight, window.outputWidth, filters],
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
        products.packForward()
        let epilogue = vedette_epilogue(bias: bias.map { UnsafePointer($0.value) }, accumulate: 0, rectify: 0)
        pass.perform(parts: parts(pass)) { part, rows in
            products.toOutputs(x.value, output.value, rows: rows, part: part, epilogue)
        }
    }

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        if x.needsGradient { products.packBackward() }
        pass.perform(parts: parts) { part, rows in
            if weight.needsGradient {
                products.toWeight(
                    x.value,
                    output.gradient,
                    rows: rows,
                    part: part,
                    into: partial.weight(part),
                    accumulate: partial.accumulates(weight, part)
                )
            }
            let pixels = rows.count * window.positions
            partial.addBias(output.gradient + rows.lowerBound * output.size, count: pixels, part)
            if x.needsGradient {
                let epilogue = vedette_epilogue(bias: nil, accumulate: x.accumulateFlag, rectify: 0)
                products.toImages(output.gradient, x.gradient, rows: rows, part: part, epilogue)
            }
        }
        if parts > 1 { partial.add() }
    }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * window.positions * weight.size) }
}
