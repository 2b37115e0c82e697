extension Graph {
    /// An activation of each element, or softmax of each row.
    public func activation(_ activation: Activation, of x: Variable) -> Variable {
        record(ActivationOperation(x, activation, in: self))
    }

    /// `Σ weight · term` of variables of one shape, such as several losses.
    public func weightedSum(_ terms: [(weight: Float, variable: Variable)]) -> Variable {
        record(WeightedSum(terms, in: self))
    }

    /// The same values under another shape of as many elements.
    public func reshape(_ x: Variable, to shape: [Int]) -> Variable {
        precondition(shape.reduce(1, *) == x.size, "reshape from \(x.shape) to \(shape) changes the number of values")
        return record(Reshape(x, shape: shape, in: self))
    }

    /// A function that somebody else computes; gradients flow through it to its input.
    public func apply(_ mapping: some DifferentiableMapping, to x: Variable) -> Variable {
        record(MappingOperation(x, mapping, in: self))
    }

    // MARK: Losses, each the mean over the rows of the batch

    /// The cross-entropy of softmax of `logits` against labels, one index of a class per row.
    ///
    /// - Parameter smoothing: The share of the target that is spread evenly over all classes, 0 to below 1.
    public func softmaxCrossEntropy(_ logits: Variable, labels: Variable, smoothing: Float = 0) -> Variable {
        record(SoftmaxCrossEntropy(logits, labels: labels, smoothing: smoothing, in: self))
    }

    /// The mean over all elements of `(x − target)²`.
    public func meanSquaredError(_ x: Variable, target: Variable) -> Variable {
        precondition(x.size == target.size, "a loss needs a target for each element")
        return record(ElementLoss(x, target: target, .squaredError, in: self))
    }

    /// The mean over all elements of the cross-entropy of `sigmoid(logits)` against targets in 0...1.
    public func binaryCrossEntropy(_ logits: Variable, target: Variable) -> Variable {
        precondition(logits.size == target.size, "a loss needs a target for each element")
        return record(ElementLoss(logits, target: target, .logisticCrossEntropy, in: self))
    }

    /// The Kullback–Leibler divergence `Σ p · log(p / q)` of rows of probabilities.
    public func divergence(of p: Variable, from q: Variable) -> Variable {
        precondition(p.size == q.size, "a divergence compares distributions over the same classes")
        return record(Divergence(of: p, from: q, in: self))
    }

    /// Rows of probabilities softened by a temperature: `p^(1/T)` divided by its sum.
    public func tempered(_ p: Variable, temperature: Float) -> Variable {
        temperature == 1 ? p : record(Tempering(p, temperature: temperature, in: self))
    }
}
