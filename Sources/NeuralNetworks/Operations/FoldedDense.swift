import CLayerKernels

/// A dense layer whose weights never change, with the rectifier behind it, forwards alone.
final class FoldedDense: Operation {
    private let x: Variable
    private let weight: Variable
    private let bias: Variable?
    let output: Variable
    private let rectifies: Bool
    private let channels: Int
    private let units: Int

    /// - Precondition: No variable needs a gradient.
    init(_ x: Variable, weight: Variable, bias: Variable?, rectifies: Bool, in graph: Graph) {
        self.x = x
        self.weight = weight
        self.bias = bias
        self.rectifies = rectifies
        channels = weight.shape[0]
        units = weight.shape[1]
        output = graph.output(shape: x.shape.dropLast() + [units], of: [x, weight])
        precondition(!output.needsGradient, "a folded dense layer runs forwards alone")
    }

    var inputs: [Variable] { [x, weight] }

    func forward(_ pass: Pass) {
        let count = pass.rows * (x.size / channels)
        guard !Product.isSmall(count, channels, units) else {
            layer_dense_rows(
                x.value,
                weight.value,
                bias?.value,
                output.value,
                count,
                channels,
                units,
                0,
                rectifies ? 1 : 0
            )
            return
        }
        if let bias { layer_fill_rows(bias.value, output.value, count, units) }
        Product.multiply(
            (x.value, count, channels),
            (weight.value, channels, units),
            into: output.value,
            accumulate: bias != nil
        )
        if rectifies { layer_rectify(output.value, count * units) }
    }

    func backward(_ pass: Pass) {}
}
