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

    /// The codes of a category: its place in the list, and the number of listed ones for whatever is not on it.
    private func codes() throws(Exclusion) -> Tensor<Float> {
        let texts = try texts()
        let rows = tensor.rows
        let width = rows == 0 ? 1 : texts.count / rows
        let range = try range(width: width)
        let places = Dictionary(column.categories.enumerated().map { ($1, Float($0)) }) { first, _ in first }
        let unseen = Float(column.categories.count)
        return Tensor(shape: [rows, range.count]) { target in
            for row in 0..<rows {
                for (position, index) in range.enumerated() {
                    let text = texts[row * width + index]
                    let code = text.map { places[$0] ?? unseen } ?? .nan
                    target.initializeElement(at: row * range.count + position, to: code)
                }
            }
        }
    }

    /// The values as the category list spells them; nil for a number that is missing.
    private func texts() throws(Exclusion) -> [String?] {
        if case .bytes(_, let values) = tensor { return values.map { String(decoding: $0, as: UTF8.self) } }
        if case .bool(let values) = tensor { return values.elements.map { $0 ? "true" : "false" } }
        do {
            return try tensor.converted(to: Double.self).elements.map { value in
                guard !value.isNaN else { return nil }
                return Int64(exactly: value).map(String.init) ?? "\(value)"
            }
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
