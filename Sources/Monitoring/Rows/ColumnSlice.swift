import Prediction
import Tensors

/// One column of a payload's tensor on its way to floats.
struct ColumnSlice {
    let column: ColumnDescription
    let tensor: AnyTensor

    /// The column's values, shape `[n, elements]`.
    func values() throws(Exclusion) -> Tensor<Float> {
        if column.kind == .category { return try codes() }
        guard tensor.datatype != .bytes else { throw Exclusion(.wrongType, rows: tensor.rows) }
        let numbers: Tensor<Float>
        do { numbers = try tensor.converted(to: Float.self) } catch { throw Exclusion(.wrongType, rows: tensor.rows) }
        let width = numbers.elementsPerRow
        let range = try range(width: width)
        guard range != 0..<width else { return numbers }
        return Tensor(shape: [numbers.rows, range.count]) { target in
            numbers.withUnsafeBufferPointer { source in
                for row in 0..<numbers.rows {
                    for (position, index) in range.enumerated() {
                        target.initializeElement(at: row * range.count + position, to: source[row * width + index])
                    }
                }
            }
        }
    }

    /// The codes of a category: its place in the list, and the number of listed ones for whatever is not on it; NaN for
    /// what is missing: a number that is none, or a text without a character.
    private func codes() throws(Exclusion) -> Tensor<Float> {
        let all = try allCodes()
        let rows = tensor.rows
        let width = rows == 0 ? 1 : all.count / rows
        let range = try range(width: width)
        return Tensor(shape: [rows, range.count]) { target in
            for row in 0..<rows {
                for (position, index) in range.enumerated() {
                    target.initializeElement(at: row * range.count + position, to: all[row * width + index])
                }
            }
        }
    }

    private func allCodes() throws(Exclusion) -> [Float] {
        let codes = CategoryCodes(column)
        if case .bytes(_, let values) = tensor {
            return values.map { $0.isEmpty ? .nan : codes.code(of: String(decoding: $0, as: UTF8.self)) }
        }
        if case .bool(let values) = tensor { return values.elements.map { codes.code(of: $0 ? "true" : "false") } }
        do {
            return try tensor.converted(to: Double.self).elements.map { codes.code(of: $0) }
        } catch {
            throw Exclusion(.wrongType, rows: tensor.rows)
        }
    }

    private func range(width: Int) throws(Exclusion) -> Range<Int> {
        let range = column.index..<column.index + column.elementCount
        guard column.index >= 0, range.upperBound <= width || tensor.rows == 0 else {
            throw Exclusion(.wrongShape, rows: tensor.rows)
        }
        return range
    }
}
