package import Tensors

/// A preprocess step for rows that end with their context: the step sees what is before it, and the context stays as it
/// is behind the features.
struct ContextKeeping: Preprocessor {
    let step: any Preprocessor
    /// The shape of a row without its context.
    let rowShape: [Int]
    /// Values of a context.
    let width: Int

    func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        let size = rowShape.reduce(1, *)
        guard rows.elementsPerRow == size + width else {
            throw MethodError.width(rows.elementsPerRow, expected: size + width, "a row with its context")
        }
        let features = try step.features(of: rows.columns(0..<size).withShape([rows.rows] + rowShape))
        return try features.withShape([rows.rows, features.elementsPerRow]).beside(rows.columns(size..<size + width))
    }
}

extension Tensor<Float> {
    /// Some columns of flat rows, shape `[n, range]`.
    package func columns(_ range: Range<Int>) -> Tensor<Float> {
        let width = elementsPerRow
        return withUnsafeBufferPointer { source in
            Tensor(shape: [rows, range.count]) { target in
                for row in 0..<rows {
                    for (place, column) in range.enumerated() {
                        target.initializeElement(at: row * range.count + place, to: source[row * width + column])
                    }
                }
            }
        }
    }

    /// The rows of both beside each other, flat: features and their contexts.
    ///
    /// - Throws: `.shapeMismatch` when there is not one of each.
    package func beside(_ other: Tensor<Float>) throws(MethodError) -> Tensor<Float> {
        guard other.rows == rows else {
            throw MethodError(
                .shapeMismatch,
                "there are \(other.rows) contexts for \(rows) rows",
                remedy: "Give one context for each row"
            )
        }
        let (width, further) = (elementsPerRow, other.elementsPerRow)
        return withUnsafeBufferPointer { first in
            other.withUnsafeBufferPointer { second in
                Tensor(shape: [rows, width + further]) { target in
                    for row in 0..<rows {
                        let start = row * (width + further)
                        for column in 0..<width {
                            target.initializeElement(at: start + column, to: first[row * width + column])
                        }
                        for column in 0..<further {
                            target.initializeElement(at: start + width + column, to: second[row * further + column])
                        }
                    }
                }
            }
        }
    }
}
