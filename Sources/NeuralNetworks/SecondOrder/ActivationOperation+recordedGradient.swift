extension ActivationOperation: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        let formulas = Formulas(graph: graph, x: x, y: output)
        switch activation {
        case .softmax:
            let inner = try graph.sum(of: graph.multiply(gradient, output), axis: output.shape.count - 1)
            return try graph.multiply(output, graph.subtract(gradient, formulas.withLastAxis(inner)))
        case .logSoftmax:
            let total = try graph.sum(of: gradient, axis: output.shape.count - 1)
            let share = try graph.multiply(graph.exponential(of: output), formulas.withLastAxis(total))
            return try graph.subtract(gradient, share)
        default: return try graph.multiply(gradient, formulas.slope(of: activation))
        }
    }
}

/// The slopes of activations, of the input `x` and the output `y`, as recorded operations.
private struct Formulas {
    let graph: Graph
    let x: Variable
    let y: Variable

    func slope(of activation: Activation) throws(NeuralNetworkError) -> Variable {
        switch activation {
        case .relu: return isPositive
        case .leakyReLU(let slope): return graph.affine(isPositive, factor: 1 - slope, offset: slope)
        case .elu(let alpha): return try exponentialLinear(scale: 1, alpha: alpha)
        case .selu: return try exponentialLinear(scale: 1.050_701, alpha: 1.673_263_2)
        case .gelu: return try graph.add(graph.normalDistribution(of: x), graph.multiply(x, normalDensity))
        case .geluTanh: return try geluTanh()
        case .silu: return try silu()
        case .mish: return try mish()
        case .softplus: return sigmoid
        case .relu6: return try lies(above: 0, below: 6)
        case .sigmoid: return try graph.multiply(y, complement(y))
        case .hardSigmoid: return graph.affine(try lies(above: -3, below: 3), factor: 1.0 / 6)
        case .hardSilu: return try hardSilu()
        case .tanh: return graph.affine(graph.square(of: y), factor: -1, offset: 1)
        case .hardTanh: return try lies(above: -1, below: 1)
        case .softmax, .logSoftmax: preconditionFailure("\(activation.kind) mixes elements: it has no slope of its own")
        }
    }

    /// The same values with the reduced last axis kept as 1.
    func withLastAxis(_ reduced: Variable) -> Variable { graph.reshape(reduced, to: reduced.shape + [1]) }

    // MARK: Pieces

    /// 1 above a bound, 0 below it, ½ at it.
    private func isAbove(_ bound: Float) -> Variable {
        graph.affine(graph.sign(of: graph.affine(x, factor: 1, offset: -bound)), factor: 0.5, offset: 0.5)
    }

    private func lies(above low: Float, below high: Float) throws(NeuralNetworkError) -> Variable {
        try graph.subtract(isAbove(low), isAbove(high))
    }

    /// 1 above 0, else 0: the sign of the rectified input.
    private var isPositive: Variable { graph.sign(of: graph.activation(.relu, of: x)) }
    private var sigmoid: Variable { graph.activation(.sigmoid, of: x) }
    private func complement(_ x: Variable) -> Variable { graph.affine(x, factor: -1, offset: 1) }

    private var normalDensity: Variable {
        let exponent = graph.affine(graph.square(of: x), factor: -0.5)
        return graph.affine(graph.exponential(of: exponent), factor: 0.398_942_28)
    }

    /// `scale` above 0; `y + scale · alpha` below, where `y` is the output.
    private func exponentialLinear(scale: Float, alpha: Float) throws(NeuralNetworkError) -> Variable {
        let below = graph.affine(y, factor: 1, offset: scale * alpha)
        let positive = isPositive
        return try graph.add(
            graph.affine(positive, factor: scale),
            graph.multiply(complement(positive), below)
        )
    }

    /// `s · (1 + x · (1 − s))` with the sigmoid `s`.
    private func silu() throws(NeuralNetworkError) -> Variable {
        let s = sigmoid
        let inner = graph.affine(try graph.multiply(x, complement(s)), factor: 1, offset: 1)
        return try graph.multiply(s, inner)
    }

    /// `t + x · (1 − t²) · s` with `t = tanh(softplus(x))`.
    private func mish() throws(NeuralNetworkError) -> Variable {
        let t = graph.activation(.tanh, of: graph.activation(.softplus, of: x))
        let slope = graph.affine(graph.square(of: t), factor: -1, offset: 1)
        return try graph.add(t, graph.multiply(graph.multiply(x, slope), sigmoid))
    }

    /// `½ (1 + t) + ½ x (1 − t²) u′` with `t = tanh(u)` and `u = √(2/π) (x + 0.044715 x³)`.
    private func geluTanh() throws(NeuralNetworkError) -> Variable {
        let square = graph.square(of: x)
        let u = try graph.multiply(x, graph.affine(square, factor: 0.797_884_56 * 0.044_715, offset: 0.797_884_56))
        let t = graph.activation(.tanh, of: u)
        let inner = graph.affine(square, factor: 0.797_884_56 * 3 * 0.044_715, offset: 0.797_884_56)
        let slope = graph.affine(graph.square(of: t), factor: -0.5, offset: 0.5)
        return try graph.add(
            graph.affine(t, factor: 0.5, offset: 0.5),
            graph.multiply(graph.multiply(x, slope), inner)
        )
    }

    /// `x / 3 + ½` from −3 to 3, then 1.
    private func hardSilu() throws(NeuralNetworkError) -> Variable {
        let within = try graph.multiply(lies(above: -3, below: 3), graph.affine(x, factor: 1.0 / 3, offset: 0.5))
        return try graph.add(within, isAbove(3))
    }
}
