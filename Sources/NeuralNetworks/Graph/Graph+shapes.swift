/// Reductions, and rearrangements of axes. Axes are those of one row, from 0.
extension Graph {
    // MARK: Reductions

    /// The sum over one axis, which goes away; over all axes of a row without one.
    ///
    /// - Throws: `.shapeMismatch` when there is no such axis, as do its neighbours.
    public func sum(of x: Variable, axis: Int? = nil) throws(NeuralNetworkError) -> Variable {
        try reduction(.sum, of: x, axis)
    }

    /// The mean over one axis, which goes away; over all axes of a row without one.
    public func mean(of x: Variable, axis: Int? = nil) throws(NeuralNetworkError) -> Variable {
        try reduction(.mean, of: x, axis)
    }

    /// The largest element over one axis, which goes away; over all axes of a row without one.
    public func maximum(of x: Variable, axis: Int? = nil) throws(NeuralNetworkError) -> Variable {
        try reduction(.maximum, of: x, axis)
    }

    /// The mean over the rows of the batch: one tensor of a row's shape, a loss where that is `[]`.
    public func batchMean(of x: Variable) -> Variable { record(Reduction(.mean, of: x, over: .batch, in: self)) }

    /// The sum over the rows of the batch.
    public func batchSum(of x: Variable) -> Variable { record(Reduction(.sum, of: x, over: .batch, in: self)) }

    private func reduction(
        _ form: Reduction.Form,
        of x: Variable,
        _ axis: Int?
    ) throws(NeuralNetworkError) -> Variable {
        guard let axis else { return record(Reduction(form, of: x, over: .row, in: self)) }
        try check(axis, of: x, form.rawValue)
        return record(Reduction(form, of: x, over: .axis(axis), in: self))
    }

    // MARK: Axes

    /// The axes in another order: axis `i` of the result is axis `axes[i]` of `x`.
    public func transpose(_ x: Variable, axes: [Int]) throws(NeuralNetworkError) -> Variable {
        guard axes.sorted() == Array(x.shape.indices) else {
            throw .mismatch("transpose", x.shape, axes, "the axes are not an order of \(Array(x.shape.indices))")
        }
        return record(Transposition(x, axes: axes, in: self))
    }

    /// A range of one axis.
    public func slice(_ x: Variable, axis: Int, _ range: Range<Int>) throws(NeuralNetworkError) -> Variable {
        try check(axis, of: x, "slice")
        guard range.lowerBound >= 0, range.upperBound <= x.shape[axis], !range.isEmpty else {
            throw .mismatch("slice", x.shape, [range.lowerBound, range.upperBound], "the range leaves axis \(axis)")
        }
        return record(Slice(x, axis: axis, range, in: self))
    }

    /// Consecutive pieces of one axis, of the sizes given.
    public func split(_ x: Variable, axis: Int, sizes: [Int]) throws(NeuralNetworkError) -> [Variable] {
        try check(axis, of: x, "split")
        guard sizes.allSatisfy({ $0 > 0 }), sizes.reduce(0, +) == x.shape[axis] else {
            throw .mismatch("split", x.shape, sizes, "the sizes do not add up to \(x.shape[axis])")
        }
        var pieces: [Variable] = []
        var start = 0
        for size in sizes {
            pieces.append(try slice(x, axis: axis, start..<start + size))
            start += size
        }
        return pieces
    }

    /// Tensors one after the other along one axis; all other axes agree, and all are per row or none is.
    public func concatenate(_ terms: [Variable], axis: Int) throws(NeuralNetworkError) -> Variable {
        guard let first = terms.first else {
            throw NeuralNetworkError(.shapeMismatch, "concatenate: no tensors", remedy: "Give at least one")
        }
        try check(axis, of: first, "concatenate")
        for term in terms.dropFirst() {
            var shape = term.shape
            if shape.indices.contains(axis) { shape[axis] = first.shape[axis] }
            guard shape == first.shape, term.isPerRow == first.isPerRow else {
                throw .mismatch("concatenate", first.shape, term.shape, "they differ beside axis \(axis)")
            }
        }
        return record(Concatenation(terms, axis: axis, in: self))
    }

    private func check(_ axis: Int, of x: Variable, _ name: String) throws(NeuralNetworkError) {
        guard x.shape.indices.contains(axis) else {
            throw .mismatch(name, x.shape, [axis], "there is no axis \(axis)")
        }
    }

    // MARK: Products and choices

    /// The matrix product of two matrices, for each row of the batch; either may be shared by all rows.
    ///
    /// - Throws: `.shapeMismatch` naming both shapes when their inner sizes differ.
    public func product(
        _ a: Variable,
        _ b: Variable,
        transposingFirst: Bool = false,
        transposingSecond: Bool = false
    ) throws(NeuralNetworkError) -> Variable {
        record(
            try MatrixProduct(a, b, transposesA: transposingFirst, transposesB: transposingSecond, in: self)
        )
    }

    /// The entries of `table` `[entries, …]` at `indices`, whole numbers from 0: shape `indices.shape + […]`.
    ///
    /// - Throws: `.shapeMismatch` when the table has no axis. Running throws `.invalidIndex`.
    public func gather(_ table: Variable, at indices: Variable) throws(NeuralNetworkError) -> Variable {
        guard !table.shape.isEmpty else {
            throw .mismatch("gather", table.shape, indices.shape, "the table has no axis of entries")
        }
        return record(Gather(table, at: indices, name: "gather", in: self))
    }

    /// The entries of `x` added up under their indices, `[entries, …]`; the transpose of `gather`.
    ///
    /// - Throws: `.shapeMismatch` when `x` is not `indices.shape + […]` for each row. Running throws `.invalidIndex`.
    public func scatterAdd(
        _ x: Variable,
        at indices: Variable,
        entries: Int
    ) throws(NeuralNetworkError) -> Variable {
        guard x.isPerRow, x.shape.starts(with: indices.shape), entries > 0 else {
            throw .mismatch("scatterAdd", x.shape, indices.shape, "the entries do not begin with the indices' shape")
        }
        return record(ScatterAddition(x, at: indices, entries: entries, in: self))
    }

    /// `base` `[entries, …]` with the entries at `indices` replaced by those of `x`, the last of them where several
    /// have one index.
    ///
    /// - Throws: `.shapeMismatch` naming both shapes. Running throws `.invalidIndex`.
    public func scatter(
        _ x: Variable,
        at indices: Variable,
        into base: Variable
    ) throws(NeuralNetworkError) -> Variable {
        guard x.isPerRow, base.isPerRow, x.shape == indices.shape + base.shape.dropFirst(), !base.shape.isEmpty else {
            throw .mismatch("scatter", x.shape, base.shape, "the entries do not fit \(indices.shape) indices")
        }
        return record(Scattering(x, at: indices, into: base, in: self))
    }

    /// A draw from normal distributions that gradients flow through, seeded by the graph, with a stream of its own;
    /// outside training it is the mean.
    ///
    /// - Throws: `.shapeMismatch` when the shapes differ.
    public func normalSample(mean: Variable, logVariance: Variable) throws(NeuralNetworkError) -> Variable {
        guard mean.shape == logVariance.shape, mean.isPerRow == logVariance.isPerRow else {
            throw .mismatch("normalSample", mean.shape, logVariance.shape, "a log variance belongs to each mean")
        }
        return record(NormalSampling(mean: mean, logVariance: logVariance, in: self))
    }
}
