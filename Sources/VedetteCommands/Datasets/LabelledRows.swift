import Foundation
package import Tensors

/// Rows and the class of each.
package struct LabelledRows: Sendable {
    /// Images `[n, height, width, channels]`, or table rows `[n, columns]`.
    package var rows: Tensor<Float>
    /// An index into the data set's classes, one a row.
    package var labels: [Int]
    /// What the columns of a table are called; nil for images, and where nobody says.
    package var columns: [String]?

    package init(rows: Tensor<Float>, labels: [Int], columns: [String]? = nil) {
        self.rows = rows
        self.labels = labels
        self.columns = columns
    }

    /// The rows at `indices`, in that order.
    package func selecting(_ indices: [Int]) -> LabelledRows {
        LabelledRows(rows: rows.selectingRows(indices), labels: indices.map { labels[$0] }, columns: columns)
    }
}
