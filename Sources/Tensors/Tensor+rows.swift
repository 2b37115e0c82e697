extension Tensor {
    /// The number of rows: the size of axis 0, and 1 for a tensor without axes.
    @inlinable public var rows: Int { shape.first ?? 1 }

    /// The shape of one row.
    @inlinable public var rowShape: [Int] { Array(shape.dropFirst()) }

    /// The number of elements in one row; the product of all axes but the first.
    @inlinable public var elementsPerRow: Int { shape.dropFirst().reduce(1, *) }

    /// Some consecutive rows, without copying them.
    ///
    /// - Precondition: The range lies within `0..<rows`.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        let width = elementsPerRow
        return Tensor(
            shape: [range.count] + rowShape,
            count: range.count * width,
            storage: storage,
            offset: offset + range.lowerBound * width
        )
    }

    /// One row, without its leading axis and without copying it.
    ///
    /// - Precondition: The index lies within `0..<rows`.
    public subscript(row index: Int) -> Tensor {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        let width = elementsPerRow
        return Tensor(shape: rowShape, count: width, storage: storage, offset: offset + index * width)
    }

    /// The rows at these indices, in this order; an index may come more than once.
    ///
    /// - Precondition: Every index lies within `0..<rows`.
    public func selectingRows(_ indices: [Int]) -> Tensor {
        let width = elementsPerRow
        return withUnsafeBufferPointer { source in
            Tensor(shape: [indices.count] + rowShape) { target in
                for (position, index) in indices.enumerated() {
                    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
                    _ = target.extracting(position * width..<(position + 1) * width)
                        .initialize(from: source.extracting(index * width..<(index + 1) * width))
                }
            }
        }
    }

    /// The rows of several tensors under each other.
    ///
    /// - Throws: `.shapeMismatch` when there is no tensor, one has no axis, or their rows differ in shape.
    public static func concatenatingRows(_ parts: [Tensor]) throws(TensorError) -> Tensor {
        guard let first = parts.first, !first.shape.isEmpty else {
            throw TensorError(
                .shapeMismatch,
                "there are no rows to put under each other",
                remedy: "Give at least one tensor, each with at least one axis"
            )
        }
        for part in parts where part.shape.isEmpty || part.rowShape != first.rowShape {
            throw TensorError(
                .shapeMismatch,
                "concatenatingRows: \(first.shape) and \(part.shape) differ beyond axis 0",
                remedy: "Give tensors whose rows have one shape"
            )
        }
        return Tensor(shape: [parts.reduce(0) { $0 + $1.rows }] + first.rowShape) { target in
            var position = 0
            for part in parts {
                part.withUnsafeBufferPointer { source in
                    _ = target.extracting(position..<position + source.count).initialize(from: source)
                }
                position += part.count
            }
        }
    }

    /// The same elements in another shape, without copying them.
    ///
    /// One size may be −1: it is what remains.
    ///
    /// - Throws: `.shapeMismatch` when the new shape does not hold exactly these elements.
    public func reshaped(_ newShape: [Int]) throws(TensorError) -> Tensor {
        var resolved = newShape
        if let free = newShape.firstIndex(of: -1) {
            resolved[free] = 1
            let known = try Shape.count(resolved)
            resolved[free] = known == 0 ? 0 : count / known
        }
        guard try Shape.count(resolved) == count else {
            throw TensorError(
                .shapeMismatch,
                "reshaped: \(shape) has \(count) elements and does not fit \(newShape)",
                remedy: "Give a shape with \(count) elements"
            )
        }
        return Tensor(shape: resolved, count: count, storage: storage, offset: offset)
    }

    /// The same elements in another shape that is known to fit, without copying them.
    ///
    /// - Precondition: The shape holds exactly these elements; `reshaped` is for shapes that came from outside.
    public func withShape(_ newShape: [Int]) -> Tensor {
        precondition(newShape.reduce(1, *) == count, "withShape: \(shape) does not fit \(newShape)")
        return Tensor(shape: newShape, count: count, storage: storage, offset: offset)
    }
}
