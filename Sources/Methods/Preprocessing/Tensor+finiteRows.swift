package import Tensors

extension Tensor<Float> {
    /// A tensor of one axis.
    package init(vector: [Float]) {
        self.init(shape: [vector.count]) { target in _ = target.initialize(fromContentsOf: vector) }
    }

    /// The rows that hold neither NaN nor infinities, as `[n, values]`; all of them without a copy where there are none.
    package var finiteRows: Tensor<Float> {
        let width = elementsPerRow
        let finite = withUnsafeBufferPointer { values in
            (0..<rows).filter { row in values[row * width..<(row + 1) * width].allSatisfy(\.isFinite) }
        }
        return (finite.count == rows ? self : selectingRows(finite)).withShape([finite.count, width])
    }

    /// Refuses rows that hold NaN or infinities, for steps that cannot leave them out.
    ///
    /// - Throws: `.nonFiniteValue` with the first such row.
    package func requireFinite(_ step: String) throws(MethodError) {
        let bad = withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
        guard let bad else { return }
        throw MethodError(
            .nonFiniteValue,
            "\(step): row \(bad / Swift.max(1, elementsPerRow)) holds a value that is NaN or infinite",
            remedy: "Impute or drop such rows, or use a test of single columns, which leaves them out"
        )
    }
}
