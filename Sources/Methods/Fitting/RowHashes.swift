import Crypto
import Tensors

/// Rows by hash, so that equal ones are found without keeping them.
enum RowHashes {
    /// The hash of each row, shape `[n, …]`; zeros of either sign are one value.
    ///
    /// - Complexity: O(values), 32 bytes a row.
    static func of(_ rows: Tensor<Float>) -> [SHA256Digest] {
        let width = rows.elementsPerRow
        return rows.withUnsafeBufferPointer { values in
            (0..<rows.rows).map { row in
                var hash = SHA256()
                let bits = values[row * width..<(row + 1) * width].map { ($0 == 0 ? 0 : $0).bitPattern }  // −0 is 0
                bits.withUnsafeBytes { hash.update(bufferPointer: $0) }
                return hash.finalize()
            }
        }
    }
}
