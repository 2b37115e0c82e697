/// The recorded gradients of the graph's own functions.

extension BinaryArithmetic: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        var shares: [Variable] = []
        if input === a {
            switch form {
            case .add, .subtract: shares.append(gradient)
            case .multiply: shares.append(try graph.multiply(gradient, b))
            case .divide: shares.append(try graph.divide(gradient, by: b))
            }
        }
        if input === b {
            switch form {
            case .add: shares.append(gradient)
            case .subtract: shares.append(graph.affine(gradient, factor: -1))
            case .multiply: shares.append(try graph.multiply(gradient, a))
            case .divide:
                let ratio = try graph.divide(output, by: b)
                shares.append(graph.affine(try graph.multiply(gradient, ratio), factor: -1))
            }
        }
        return try graph.collapse(graph.weightedSum(shares.map { (1, $0) }), to: input)
    }
}

extension ElementFunction: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        switch form {
        case .exponential: return try graph.multiply(gradient, output)
        case .logarithm: return try graph.divide(gradient, by: x)
        case .squareRoot: return try graph.divide(graph.affine(gradient, factor: 0.5), by: output)
        case .square: return try graph.multiply(graph.affine(gradient, factor: 2), x)
        case .magnitude: return try graph.multiply(gradient, graph.sign(of: x))
        case .normalDistribution:
            let density = graph.exponential(of: graph.affine(graph.square(of: x), factor: -0.5))
            return try graph.multiply(graph.affine(gradient, factor: 0.398_942_28), density)
        case .sign: return graph.affine(gradient, factor: 0)
        }
    }
}

extension Affine: TwiceDifferentiable {
    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        graph.affine(gradient, factor: factor)
    }
}

extension Reduction: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        if form == .maximum { throw refusal("of the maximum") }
        let axis: Int?
        let length: Int
        switch extent {
        case .axis(let reduced): (axis, length) = (reduced, x.shape[reduced])
        case .row: (axis, length) = (nil, x.size)
        case .batch:
            // The number of rows is that of the run.
            let rows = graph.batchSum(of: graph.constant(1, shape: []))
            let share = form == .mean ? try graph.divide(gradient, by: rows) : gradient
            return try graph.multiply(graph.constant(1, shape: x.shape), share)
        }
        let share = form == .mean ? graph.affine(gradient, factor: 1 / Float(length)) : gradient
        return try graph.spread(share, over: axis, to: x)
    }

    private func refusal(_ what: String) -> NeuralNetworkError {
        NeuralNetworkError(
            .notDifferentiableTwice,
            "gradient: a reduction \(what) has no recorded gradient",
            remedy: "Leave it out of what is differentiated twice"
        )
    }
}

extension MatrixProduct: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        var shares: [Variable] = []
        if input === a {
            shares.append(
                transposesA
                    ? try graph.product(b, gradient, transposingFirst: transposesB, transposingSecond: true)
                    : try graph.product(gradient, b, transposingSecond: !transposesB)
            )
        }
        if input === b {
            shares.append(
                transposesB
                    ? try graph.product(gradient, a, transposingFirst: true, transposingSecond: transposesA)
                    : try graph.product(a, gradient, transposingFirst: !transposesA)
            )
        }
        return try graph.collapse(graph.weightedSum(shares.map { (1, $0) }), to: input)
    }
}

extension Transposition: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        let inverse = axes.indices.sorted { axes[$0] < axes[$1] }
        return try graph.transpose(gradient, axes: inverse)
    }
}

extension Concatenation: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        var shares: [Variable] = []
        var start = 0
        for term in terms {
            let end = start + term.shape[axis]
            if term === input { shares.append(try graph.slice(gradient, axis: axis, start..<end)) }
            start = end
        }
        return graph.weightedSum(shares.map { (1, $0) })
    }
}

extension Gather: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        if input === indices { return graph.constant(0, shape: input.shape) }
        return try graph.scatterAdd(gradient, at: indices, entries: table.shape[0])
    }
}

extension ScatterAddition: TwiceDifferentiable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        if input === indices { return graph.constant(0, shape: input.shape) }
        return try graph.gather(gradient, at: indices)
    }
}
