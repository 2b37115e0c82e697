import Statistics
package import Tensors

/// The unit in which a network sees its rows: `(x − offset) · scale`, learned from rows.
///
/// Rows of one axis are scaled by column, because columns have units of their own; images by one offset and one scale
/// for all their values.
package struct Scaling: Sendable, Equatable {
    /// One value, or one for each column.
    package let offset: [Float]
    /// One value, or one for each column; positive.
    package let scale: [Float]

    /// Learns mean and standard deviation; what does not vary keeps its unit.
    ///
    /// - Parameter rows: Shape `[n, …]`, finite, `n ≥ 1`.
    package init(fittedTo rows: Tensor<Float>) {
        let columns = rows.shape.count == 2 ? rows.elementsPerRow : 1
        var moments = [Moments](repeating: Moments(), count: columns)
        rows.withUnsafeBufferPointer { values in
            for (index, value) in values.enumerated() { moments[index % columns].add(Double(value)) }
        }
        offset = moments.map { Float($0.mean) }
        scale = moments.map { $0.standardDeviation > 0 ? Float(1 / $0.standardDeviation) : 1 }
    }

    /// Restores a scaling.
    ///
    /// - Throws: `.invalidArtefact` when the values do not fit each other or rows of `rowSize` values.
    package init(offset: [Float], scale: [Float], rowSize: Int) throws(MethodError) {
        guard offset.count == scale.count, offset.count == 1 || offset.count == rowSize,
            offset.allSatisfy(\.isFinite), scale.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw .artefact(
                "scaling",
                "\(offset.count) offsets and \(scale.count) scales for rows of \(rowSize) values"
            )
        }
        self.offset = offset
        self.scale = scale
    }

    /// Rows in the network's unit; the shape of `rows`.
    package func scaled(_ rows: Tensor<Float>) -> Tensor<Float> {
        mapped(rows) { (value, column) in (value - offset[column]) * scale[column] }
    }

    /// Rows in their own unit; the shape of `rows`.
    package func unscaled(_ rows: Tensor<Float>) -> Tensor<Float> {
        mapped(rows) { (value, column) in value / scale[column] + offset[column] }
    }

    /// Gradients with respect to rows in their own unit, as gradients with respect to scaled rows.
    package func pulledBack(_ gradients: Tensor<Float>) -> Tensor<Float> {
        mapped(gradients) { (value, column) in value / scale[column] }
    }

    private func mapped(_ rows: Tensor<Float>, _ map: (Float, Int) -> Float) -> Tensor<Float> {
        let columns = offset.count
        return rows.withUnsafeBufferPointer { source in
            Tensor(shape: rows.shape) { target in
                for (index, value) in source.enumerated() {
                    target.initializeElement(at: index, to: map(value, columns == 1 ? 0 : index % columns))
                }
            }
        }
    }
}
