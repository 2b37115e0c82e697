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

    /// Rows of probabilities softened by a temperature: `p^(1/T)` divided by its sum.
    public func tempered(_ p: Variable, temperature: Float) -> Variable {
        temperature == 1 ? p : record(Tempering(p, temperature: temperature, in: self))
    }
}
