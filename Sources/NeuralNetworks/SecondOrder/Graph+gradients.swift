/// Gradients as variables: recorded operations that can be differentiated once more, for objectives that hold a slope,
/// such as the gradient penalty of a critic.
///
/// Every layer of a network can be recorded so, and of the functions arithmetic with broadcasting, element functions, sums
/// and means, products, transposes, slices, concatenations, gather and scatterAdd. Maxima of an axis, scatter, losses and
/// foreign mappings are refused by their name.
extension Graph {
    /// The gradient of `Σ y` over the batch with respect to `x`, as a variable of the shape of `x`.
    ///
    /// - Parameters:
    ///   - y: One tensor per row. Where rows meet, as they do in batch normalisation while training, a row's gradient is
    ///     that of all rows' `y`.
    ///   - x: An input or anything between it and `y`.
    /// - Throws: `.notDifferentiableTwice` naming the operation on the way that cannot be recorded; `.shapeMismatch`
    ///   when one of them is shared by the rows, or `y` does not depend on `x`.
    public func gradient(of y: Variable, by x: Variable) throws(NeuralNetworkError) -> Variable {
        guard y.isPerRow, x.isPerRow else {
            throw .mismatch("gradient", y.shape, x.shape, "both must hold one tensor per row")
        }
        return try gradient(of: y, by: x, from: constant(1, shape: y.shape))
    }

    /// The gradient of `Σ slope · y` with respect to `x`.
    func gradient(
        of y: Variable,
        by x: Variable,
        from slope: Variable
    ) throws(NeuralNetworkError) -> Variable {
        // What depends on x, up to y.
        var dependants = Set([ObjectIdentifier(x)])
        var path: [any Operation] = []
        for operation in operations[..<((y.producer ?? -1) + 1)]
        where operation.inputs.contains(where: { dependants.contains(ObjectIdentifier($0)) }) {
            dependants.insert(ObjectIdentifier(operation.output))
            path.append(operation)
        }
        guard dependants.contains(ObjectIdentifier(y)) else {
            throw .mismatch("gradient", y.shape, x.shape, "the first does not depend on the second")
        }
        var gradients = [ObjectIdentifier(y): RecordedShares(slope)]
        for operation in path.reversed() where operation.output !== x {
            guard let gradient = try gradients[ObjectIdentifier(operation.output)]?.sum(in: self) else { continue }
            if let slice = operation as? Slice {
                gradients[ObjectIdentifier(slice.x), default: RecordedShares()].add(gradient, of: slice)
                continue
            }
            guard let operation = operation as? any TwiceDifferentiable else {
                throw NeuralNetworkError(
                    .notDifferentiableTwice,
                    "gradient: \(type(of: operation)) on the way from \(x.shape) to \(y.shape) has no recorded gradient",
                    remedy: "Leave it out of what is differentiated twice"
                )
            }
            var seen = Set<ObjectIdentifier>()
            for input in operation.inputs
            where dependants.contains(ObjectIdentifier(input)) && seen.insert(ObjectIdentifier(input)).inserted {
                let share = try operation.recordGradient(of: input, from: gradient, in: self)
                gradients[ObjectIdentifier(input), default: RecordedShares()].add(share)
            }
        }
        guard let result = try gradients[ObjectIdentifier(x)]?.sum(in: self) else {
            throw .mismatch("gradient", y.shape, x.shape, "the first does not depend on the second")
        }
        return result
    }

    /// The mean over the rows of `(‖∂ Σ y / ∂ x‖ − norm)²`: what keeps a critic's slope near `norm`.
    ///
    /// - Throws: As `gradient(of:by:)`.
    ///
    /// Source: I. Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028, equation 3.
    public func gradientPenalty(
        of y: Variable,
        by x: Variable,
        norm: Float = 1
    ) throws(NeuralNetworkError) -> Variable {
        let slope = try gradient(of: y, by: x)
        // 1e-12 keeps the root's own slope finite where the gradient vanishes.
        let squares = affine(try sum(of: square(of: slope)), factor: 1, offset: 1e-12)
        return batchMean(of: square(of: affine(squareRoot(of: squares), factor: 1, offset: -norm)))
    }
}

/// An operation whose gradient can be recorded as operations.
protocol TwiceDifferentiable: Operation {
    /// Records the gradient with respect to one input from that with respect to the output.
    ///
    /// - Parameter input: One of `inputs`; where it stands several times, the sum over its places is meant.
    func recordGradient(
        of input: Variable,
        from gradient: Variable,
        in graph: Graph
    ) throws(NeuralNetworkError) -> Variable
}

extension Graph {
    /// The sum of `x` over the axes, and over the rows of the batch, along which a variable was repeated to its shape.
    func collapse(_ x: Variable, to source: Variable) throws(NeuralNetworkError) -> Variable {
        let shape = source.shape
        var x = x
        while x.shape.count > shape.count { x = try sum(of: x, axis: 0) }
        for axis in shape.indices where shape[axis] == 1 && x.shape[axis] > 1 {
            let collapsed = try sum(of: x, axis: axis)
            var kept = x.shape
            kept[axis] = 1
            x = reshape(collapsed, to: kept)
        }
        return x.isPerRow && !source.isPerRow ? batchSum(of: x) : x
    }

    /// A tensor of the shape of `source`, repeated from one whose `axis` was reduced.
    func spread(_ x: Variable, over axis: Int?, to source: Variable) throws(NeuralNetworkError) -> Variable {
        var kept = source.shape
        for index in kept.indices where axis == nil || axis == index { kept[index] = 1 }
        let ones = constant(1, shape: source.shape, isPerRow: source.isPerRow)
        return try multiply(reshape(x, to: kept), ones)
    }
}
