import Synchronization
package import Tensors

/// A reference that is sorted by the first test that needs it: an idle monitor's stays where its tensor lies.
package final class SortedReference: Sendable {
    /// Columns.
    package let count: Int
    /// Rows that the reference has.
    package let rows: Int
    private let batch: Tensor<Float>
    private let present: [Int]
    private let sorted = Mutex<SortedColumns?>(nil)

    /// Counts the values of each column, shape `[n, …]`; NaN counts as missing.
    ///
    /// - Complexity: O(columns · *n*).
    package init(_ batch: Tensor<Float>) {
        self.batch = batch
        let columns = batch.elementsPerRow
        var present = [Int](repeating: 0, count: columns)
        batch.withUnsafeBufferPointer { values in
            for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
                for column in 0..<columns where !values[start + column].isNaN { present[column] += 1 }
            }
        }
        count = columns
        rows = batch.rows
        self.present = present
    }

    /// Values of a column that are not missing.
    package func present(in column: Int) -> Int { present[column] }

    /// Values of a column that are missing.
    package func missing(in column: Int) -> Int { rows - present[column] }

    /// The values of a column in the order of the rows.
    func values(of column: Int) -> [Float] { batch.values(of: column) }

    /// The columns, each sorted.
    ///
    /// - Complexity: O(columns · *n* log *n*) the first time, then O(1); who asks meanwhile waits.
    package var columns: SortedColumns {
        sorted.withLock { sorted in
            if let sorted { return sorted }
            let made = SortedColumns(batch)
            sorted = made
            return made
        }
    }
}

extension Tensor<Float> {
    /// The values of a column, shape `[n, …]`, in the order of the rows.
    func values(of column: Int) -> [Float] {
        let width = elementsPerRow
        return withUnsafeBufferPointer { values in (0..<rows).map { values[$0 * width + column] } }
    }
}
