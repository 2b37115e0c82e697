import Crypto
package import Tensors

/// The rows that a model was trained on, by hash, to keep them out of a reference.
///
/// What a model was trained on does not look to it like traffic: its outputs are surer there, its losses smaller.
package struct TrainingRows: Sendable {
    private let hashes: Set<SHA256Digest>
    private let valuesPerRow: Int

    /// Hashes the rows of a model's training data, shape `[n, …]`.
    ///
    /// - Complexity: O(values), 32 bytes kept a row.
    package init(_ rows: Tensor<Float>) {
        hashes = Set(RowHashes.of(rows))
        valuesPerRow = rows.elementsPerRow
    }

    /// Refuses reference rows that the model was trained on, compared value by value.
    ///
    /// - Throws: `.trainingRowsReused` with how many there are and the first of them; `.shapeMismatch` when rows have
    ///   another length.
    package func requireNone(in rows: Tensor<Float>) throws(MethodError) {
        guard rows.elementsPerRow == valuesPerRow else {
            throw MethodError(
                .shapeMismatch,
                "training rows have \(valuesPerRow) values, reference rows \(rows.elementsPerRow)",
                remedy: "Give the training rows in the form of the reference rows"
            )
        }
        let reused = RowHashes.of(rows).enumerated().filter { hashes.contains($0.element) }.map(\.offset)
        guard let first = reused.first else { return }
        throw MethodError(
            .trainingRowsReused,
            "\(reused.count) of \(rows.rows) reference rows are rows that the model was trained on; the first is row \(first)",
            remedy: "Take reference rows that the model has never seen"
        )
    }
}
