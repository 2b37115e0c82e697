import CKernels

/// Layers that become one operation in a network that only runs: what lies between them is never written to memory.
extension Graph {
    /// An operation and how many layers it stands for.
    typealias Folded = (operation: any Operation, layers: Int)

    /// A convolution with the batch normalisation and the rectifier that follow it; `nil` when the next layer is no
    /// convolution of whole panels, or folding is not wanted.
    func foldedConvolution(_ plans: ArraySlice<LayerPlan>, of x: Variable, _ source: WeightSource) -> Folded? {
        guard case .allowed(let kept) = source.folding, let first = plans.first,
            case .convolution(let filters, let kernel, let stride, let padding, 1, 1, let hasBias) = first.layer,
            filters.isMultiple(of: Int(VEDETTE_PANEL)),
            let window = try? ImageWindow(image: x.shape, kernel: kernel, stride: stride, padding: padding)
        else { return nil }
        let weights = first.weights.map { variable(for: $0, source) }
        var layers = 1
        /// The next layer, unless the value before it is wanted for itself.
        func next() -> LayerPlan? {
            let index = plans.startIndex + layers
            return index < plans.endIndex && plans[index - 1].name != kept ? plans[index] : nil
        }
        var normalisation: FoldedConvolution.Normalisation?
        if let plan = next(), case .batchNormalisation(_, let epsilon) = plan.layer {
            let weights = plan.weights.map { variable(for: $0, source) }
            normalisation = (weights[0], weights[1], weights[2], weights[3], epsilon)
            layers += 1
        }
        let rectifies = next()?.layer == .relu
        if rectifies { layers += 1 }
        let operation = FoldedConvolution(
            x,
            weight: weights[0],
            bias: hasBias ? weights[1] : nil,
            normalisation: normalisation,
            rectifies: rectifies,
            window: window,
            in: self
        )
        return (operation, layers)
    }

    /// A dense layer with the rectifier that follows it.
    func foldedDense(_ plans: ArraySlice<LayerPlan>, of x: Variable, _ source: WeightSource) -> Folded? {
        guard case .allowed(let kept) = source.folding, let first = plans.first,
            case .dense(_, let hasBias) = first.layer
        else { return nil }
        let weights = first.weights.map { variable(for: $0, source) }
        let rectifies = first.name != kept && plans.dropFirst().first?.layer == .relu
        let operation = FoldedDense(
            x,
            weight: weights[0],
            bias: hasBias ? weights[1] : nil,
            rectifies: rectifies,
            in: self
        )
        return (operation, rectifies ? 2 : 1)
    }
}
