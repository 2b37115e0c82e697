package import Tensors

/// Smaller images: each new pixel is the mean of the area of the old image that it covers, channel by channel.
///
/// Shape `[n, height, width, channels]` or `[n, height, width]`.
package struct ImageResize: Preprocessor {
    private let rowShape: [Int]
    private let height: Int
    private let width: Int
    private let rowShares: [[Share]]
    private let columnShares: [[Share]]

    /// How much of an old line is in a new one.
    private struct Share {
        var line: Int
        var weight: Float
    }

    /// Creates the step for rows of one shape.
    ///
    /// - Throws: `.shapeMismatch` when rows are no images, or smaller than the size that is wanted.
    package init(rowShape: [Int], height: Int, width: Int) throws(MethodError) {
        guard (2...3).contains(rowShape.count), height <= rowShape[0], width <= rowShape[1] else {
            throw MethodError(
                .shapeMismatch,
                "image-resize to \(height) × \(width): rows have the shape \(rowShape)",
                remedy: "Give images of shape [height, width, channels] at least as large, or another height and width"
            )
        }
        self.rowShape = rowShape
        self.height = height
        self.width = width
        rowShares = Self.shares(rowShape[0], height)
        columnShares = Self.shares(rowShape[1], width)
    }

    /// For each of `count` new lines the old ones under it; weights add up to 1.
    private static func shares(_ old: Int, _ count: Int) -> [[Share]] {
        let scale = Double(old) / Double(count)
        return (0..<count).map { index in
            let (start, end) = (Double(index) * scale, Double(index + 1) * scale)
            return (Int(start)..<min(old, Int(end.rounded(.up)))).compactMap { line in
                let covered = min(end, Double(line + 1)) - max(start, Double(line))
                return covered > 1e-9 ? Share(line: line, weight: Float(covered / scale)) : nil
            }
        }
    }

    /// - Complexity: O(values of the old images).
    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        guard rows.rowShape == rowShape else {
            throw MethodError(
                .shapeMismatch,
                "image-resize: rows have the shape \(rows.rowShape), it was fitted on \(rowShape)",
                remedy: "Give images of that shape, or fit the monitor again"
            )
        }
        let channels = rowShape.count == 3 ? rowShape[2] : 1
        let line = rowShape[1] * channels
        let size = rowShape[0] * line
        return rows.withUnsafeBufferPointer { source in
            Tensor(shape: [rows.rows, height, width] + rowShape.dropFirst(2)) { target in
                var place = 0
                for image in 0..<rows.rows {
                    for vertical in rowShares {
                        for horizontal in columnShares {
                            for channel in 0..<channels {
                                var sum: Float = 0
                                for row in vertical {
                                    let base = image * size + row.line * line + channel
                                    for column in horizontal {
                                        sum += row.weight * column.weight * source[base + column.line * channels]
                                    }
                                }
                                target.initializeElement(at: place, to: sum)
                                place += 1
                            }
                        }
                    }
                }
            }
        }
    }
}
