import Statistics
package import Tensors

/// The columns of a batch, each sorted, missing values left out and counted: what rank tests compare with.
///
/// Kept as one buffer, so that a reference of 10,000 × 32 is sorted once and then only searched.
package struct SortedColumns: Sendable {
    /// Columns.
    package let count: Int
    /// Rows that the batch had.
    package let rows: Int
    private let values: [Float]  // column after column, NaN left out
    private let starts: [Int]  // count + 1
    private let ties: [Double]  // count

    /// Sorts the columns of a batch, shape `[n, …]`; NaN counts as missing, infinities are values.
    ///
    /// - Complexity: O(columns · *n*).
    package init(_ batch: Tensor<Float>) {
        let columns = batch.elementsPerRow
        let rows = batch.rows
        var values: [Float] = []
        values.reserveCapacity(batch.count)
        var starts = [0]
        var ties: [Double] = []
        var column: [Float] = []
        column.reserveCapacity(rows)
        var order = FloatOrder()
        batch.withUnsafeBufferPointer { source in
            for index in 0..<columns {
                column.removeAll(keepingCapacity: true)
                for row in 0..<rows {
                    let value = source[row * columns + index]
                    if !value.isNaN { column.append(value) }
                }
                order.sort(&column)
                ties.append(column.withUnsafeBufferPointer { RankComparison.tieSum(floats: $0) })
                values.append(contentsOf: column)
                starts.append(values.count)
            }
        }
        count = columns
        self.rows = rows
        self.values = values
        self.starts = starts
        self.ties = ties
    }

    /// Values of a column that are not missing.
    package func present(in column: Int) -> Int { starts[column + 1] - starts[column] }

    /// Values of a column that are missing.
    package func missing(in column: Int) -> Int { rows - present(in: column) }

    /// `Σ (t³ − t)` over the groups of equal values of a column.
    func tieSum(of column: Int) -> Double { ties[column] }

    /// Calls `body` with a column's values in ascending order.
    package func withColumn<Result>(_ column: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows
        -> Result
    {
        try values.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[starts[column]..<starts[column + 1]]))
        }
    }
}
