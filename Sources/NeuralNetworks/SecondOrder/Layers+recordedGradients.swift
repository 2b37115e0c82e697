/// The recorded gradients of layers: each is again a layer with the same weight.

extension Dense: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        graph.reshape(try graph.product(gradient, weight, transposingSecond: true), to: x.shape)
    }
}

extension Convolution: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(TransposedConvolution(gradient, weight: weight, bias: nil, window: window, in: graph))
    }
}

extension TransposedConvolution: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(Convolution(gradient, weight: weight, bias: nil, window: window, in: graph))
    }
}

extension GroupedConvolution: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(transpose(of: gradient, in: graph))
    }
}

extension Rescale: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.record(Rescale(gradient, scale: scale, offset: [0], in: graph))
    }
}

extension WeightedSum: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        let weight = terms.reduce(0) { $0 + ($1.variable === input ? $1.weight : 0) }
        return graph.affine(gradient, factor: weight)
    }
}

extension Reshape: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.reshape(gradient, to: x.shape)
    }
}

extension GlobalAveragePooling: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        let pixels = input.size / output.size
        return try graph.multiply(gradient, graph.constant(1 / Float(pixels), shape: input.shape))
    }
}
