/// A layer whose own kernels have no recorded gradient, but which can be recorded again as simpler operations that do.
///
/// Costs the layer's forward pass once more, step by step, and only where a gradient is differentiated.
protocol Decomposable: TwiceDifferentiable {
    /// Records the same function of `inputs`.
    func decomposed(in graph: Graph) throws(NeuralNetworkError) -> Variable
}

extension Decomposable {
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        try graph.gradient(of: try decomposed(in: graph), by: input, from: gradient)
    }
}

extension Recurrence: Decomposable {
    func decomposed(in graph: Graph) throws(NeuralNetworkError) -> Variable {
        let sums = try graph.add(graph.product(x, weights.input), weights.bias)
        var hidden = graph.constant(0, shape: [units])
        var cell = hidden
        var states: [Int: Variable] = [:]
        for step in 0..<time {
            let place = position(step)
            let input = graph.reshape(try graph.slice(sums, axis: 0, place..<place + 1), to: [gateWidth])
            let share = try graph.product(hidden, weights.recurrent)
            if let bias = weights.recurrentBias {
                hidden = try gatedState(input, try graph.add(share, bias), hidden, graph)
            } else {
                (hidden, cell) = try state(try graph.add(input, share), cell, graph)
            }
            states[place] = graph.reshape(hidden, to: [1, units])
        }
        guard returnsSequence else { return hidden }
        return try graph.concatenate((0..<time).compactMap { states[$0] }, axis: 0)
    }

    private func gate(_ sums: Variable, _ index: Int, _ graph: Graph) throws(NeuralNetworkError) -> Variable {
        try graph.slice(sums, axis: 0, index * units..<(index + 1) * units)
    }

    /// `c' = f · c + i · g`, `h' = o · tanh c'` with the gates i, f, g, o.
    private func state(
        _ sums: Variable,
        _ cell: Variable,
        _ graph: Graph
    ) throws(NeuralNetworkError) -> (hidden: Variable, cell: Variable) {
        let input = graph.activation(.sigmoid, of: try gate(sums, 0, graph))
        let forget = graph.activation(.sigmoid, of: try gate(sums, 1, graph))
        let candidate = graph.activation(.tanh, of: try gate(sums, 2, graph))
        let output = graph.activation(.sigmoid, of: try gate(sums, 3, graph))
        let next = try graph.add(graph.multiply(forget, cell), graph.multiply(input, candidate))
        return (try graph.multiply(output, graph.activation(.tanh, of: next)), next)
    }

    /// `h' = n + z · (h − n)` with `n = tanh(x + r · share)` and the gates r, z, n.
    private func gatedState(
        _ input: Variable,
        _ share: Variable,
        _ hidden: Variable,
        _ graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        func sum(_ index: Int) throws(NeuralNetworkError) -> Variable {
            try graph.add(gate(input, index, graph), gate(share, index, graph))
        }
        let reset = graph.activation(.sigmoid, of: try sum(0))
        let update = graph.activation(.sigmoid, of: try sum(1))
        let scaled = try graph.multiply(reset, gate(share, 2, graph))
        let candidate = graph.activation(.tanh, of: try graph.add(gate(input, 2, graph), scaled))
        return try graph.add(candidate, graph.multiply(update, graph.subtract(hidden, candidate)))
    }
}

extension Attention: Decomposable {
    func decomposed(in graph: Graph) throws(NeuralNetworkError) -> Variable {
        let mask = isCausal ? Self.mask(time, in: graph) : nil
        var results: [Variable] = []
        for head in 0..<heads {
            func part(_ which: Int) throws(NeuralNetworkError) -> Variable {
                let first = which * width + head * headSize
                return try graph.slice(x, axis: 1, first..<first + headSize)
            }
            let products = try graph.product(part(0), part(1), transposingSecond: true)
            var scores = graph.affine(products, factor: scale)
            if let mask { scores = try graph.add(scores, mask) }
            results.append(try graph.product(graph.activation(.softmax, of: scores), part(2)))
        }
        return try graph.concatenate(results, axis: 1)
    }

    /// −∞ where a time would see a later one, which softmax turns into 0, else 0.
    private static func mask(_ time: Int, in graph: Graph) -> Variable {
        let values = WeightBuffer(count: time * time)
        for row in 0..<time {
            for column in row + 1..<max(time, row + 1) { values.base[row * time + column] = -.infinity }
        }
        return graph.weight(shape: [time, time], value: values.base, gradient: nil, owner: values)
    }
}

extension GroupNormalisation: Decomposable {
    func decomposed(in graph: Graph) throws(NeuralNetworkError) -> Variable {
        let grouped = graph.reshape(x, to: [samples, positions, groups, channels / groups])
        func mean(_ x: Variable) throws(NeuralNetworkError) -> Variable {
            let means = try graph.mean(of: graph.mean(of: x, axis: 3), axis: 1)
            return graph.reshape(means, to: [samples, 1, groups, 1])
        }
        let centred = try graph.subtract(grouped, mean(grouped))
        let variance = graph.affine(try mean(graph.square(of: centred)), factor: 1, offset: epsilon)
        let normalised = try graph.divide(centred, by: graph.squareRoot(of: variance))
        return try graph.add(graph.multiply(graph.reshape(normalised, to: x.shape), scale), shift)
    }
}

extension BatchNormalisation: Decomposable {
    func decomposed(in graph: Graph) throws(NeuralNetworkError) -> Variable {
        let pixels = graph.reshape(x, to: [x.size / channels, channels])
        func mean(_ x: Variable, otherwise average: Variable) throws(NeuralNetworkError) -> Variable {
            if isFrozen { return average }
            let mean = graph.batchMean(of: try graph.mean(of: x, axis: 0))
            return graph.record(ModeChoice(training: mean, otherwise: average, in: graph))
        }
        let centred = try graph.subtract(pixels, mean(pixels, otherwise: runningMean))
        let variance = try mean(graph.square(of: centred), otherwise: runningVariance)
        let deviation = graph.squareRoot(of: graph.affine(variance, factor: 1, offset: epsilon))
        let normalised = try graph.divide(centred, by: deviation)
        return try graph.add(graph.multiply(graph.reshape(normalised, to: x.shape), scale), shift)
    }
}

extension NormalSampling: TwiceDifferentiable {
    /// What the draw adds to the mean goes with the root of the variance, so its slope by the log variance is half of it.
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable {
        var shares: [Variable] = []
        if input === mean { shares.append(gradient) }
        if input === logVariance {
            let half = graph.affine(try graph.subtract(output, mean), factor: 0.5)
            shares.append(try graph.multiply(gradient, half))
        }
        return graph.weightedSum(shares.map { (1, $0) })
    }
}
