import CKernels

/// A convolution whose weights never change, with the batch normalisation and the rectifier behind it, forwards alone.
///
/// The normalisation by running averages is one factor and one summand for each filter, `scale / √(variance + ε)` and
/// `shift − mean · factor`, which the product applies to its sums while they are in registers.
final class FoldedConvolution: Operation {
    /// The weights of a batch normalisation, and its ε.
    typealias Normalisation = (
        scale: Variable, shift: Variable, mean: Variable, variance: Variable, epsilon: Float
    )

    private let x: Variable
    let output: Variable
    private let window: ImageWindow
    private let products: ConvolutionProducts
    private let weight: Variable
    /// For each filter what its sum is multiplied by, and what is added then; empty for 1 and for 0.
    private let factors: [Float]
    private let summands: [Float]
    private let rectifies: Bool

    /// - Precondition: No variable needs a gradient, and the filters are whole panels.
    init(
        _ x: Variable,
        weight: Variable,
        bias: Variable?,
        normalisation: Normalisation?,
        rectifies: Bool,
        window: ImageWindow,
        in graph: Graph
    ) {
        let filters = weight.shape[weight.shape.count - 1]
        self.x = x
        self.weight = weight
        self.window = window
        self.rectifies = rectifies
        products = ConvolutionProducts(window, filters: filters, weight: weight, givesOutputs: true, givesImages: false)
        if let normalisation {
            let factors = (0..<filters).map { filter in
                let deviation = (normalisation.variance.value[filter] + normalisation.epsilon).squareRoot()
                return normalisation.scale.value[filter] * (1 / deviation)
            }
            summands = (0..<filters).map { filter in
                let centre = normalisation.mean.value[filter] - (bias?.value[filter] ?? 0)
                return normalisation.shift.value[filter] - centre * factors[filter]
            }
            self.factors = factors
        } else {
            factors = []
            summands = bias.map { bias in (0..<filters).map { bias.value[$0] } } ?? []
        }
        output = graph.output(shape: [window.outputHeight, window.outputWidth, filters], of: [x, weight])
        precondition(!output.needsGradient, "a folded convolution runs forwards alone")
    }

    var inputs: [Variable] { [x, weight] }

    func scratchCount(rows: Int) -> Int { products.scratchCount }
    func place(scratch: UnsafeMutablePointer<Float>) { products.place(scratch: scratch) }

    func forward(_ pass: Pass) {
        factors.withUnsafeBufferPointer { factors in
            summands.withUnsafeBufferPointer { summands in
                let epilogue = vedette_epilogue(
                    bias: summands.isEmpty ? nil : summands.baseAddress,
                    accumulate: 0,
                    rectify: rectifies ? 1 : 0
                )
                let work = pass.rows * window.positions * weight.size
                pass.perform(parts: pass.parts(work: work)) { part, rows in
                    products.toOutputs(
                        x.value,
                        output.value,
                        rows: rows,
                        part: part,
                        scale: factors.isEmpty ? nil : factors.baseAddress,
                        epilogue
                    )
                }
            }
        }
    }

    func backward(_ pass: Pass) {}
}
