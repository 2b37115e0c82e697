import OpenInference
import Prediction
import Tensors

/// The rows of a server's answer, by the columns of a schema or as they come.
struct RemoteAnswer {
    /// What messages call the call.
    let place: String
    let tensors: [NamedTensor]
    /// How many rows were asked about.
    let rows: Int

    /// The answer's rows, shape `[rows, outputs]`.
    ///
    /// Without a description the floating-point tensors count, side by side, else all tensors of numbers.
    ///
    /// - Parameter outputs: The described outputs.
    /// - Throws: `.modelRefused` for an answer that lacks an output, or has another number of rows or values.
    func values(_ outputs: [ColumnDescription]) throws(PredictionError) -> Tensor<Float> {
        var parts: [Tensor<Float>] = []
        if outputs.isEmpty {
            let numbers = tensors.filter { $0.tensor.datatype != .bytes && $0.tensor.datatype != .bool }
            let floating = numbers.filter { $0.tensor.datatype.isFloatingPoint }
            for tensor in floating.isEmpty ? numbers : floating { parts.append(try rowsOf(tensor)) }
            guard !parts.isEmpty else {
                throw wrong("holds no numbers, but \(names)", "Describe the outputs and their categories in a schema")
            }
        }
        for column in outputs {
            guard
                let tensor = tensors.count == 1
                    ? tensors[0]
                    : tensors.first(where: { $0.name == column.tensor })
                        ?? tensors.first(where: { $0.name == column.name })
            else { throw wrong("has no \(column.tensor), but \(names)", "Let the schema name what the server answers") }
            let values = try tensor.tensor.datatype == .bytes ? codes(of: tensor, column) : rowsOf(tensor)
            let index =
                tensors.count > 1 && tensor.name == column.name && column.tensor != column.name ? 0 : column.index
            let range = index..<index + column.elementCount
            guard range.upperBound <= values.elementsPerRow else {
                throw wrong(
                    "has \(values.elementsPerRow) values a row in \(tensor.name), and the schema describes \(range.upperBound)",
                    "Let the schema describe the outputs as the server gives them"
                )
            }
            parts.append(range == 0..<values.elementsPerRow ? values : Self.columns(range, of: values))
        }
        return Self.beside(parts, rows: rows)
    }

    private var names: String {
        tensors.map { "\($0.name) \($0.tensor.datatype.rawValue) \($0.tensor.shape)" }.joined(separator: ", ")
    }

    private func rowsOf(_ tensor: NamedTensor) throws(PredictionError) -> Tensor<Float> {
        let values: Tensor<Float>
        do { values = try tensor.tensor.converted(to: Float.self) } catch {
            throw wrong("has \(tensor.name), which is no tensor of numbers: \(error.message)", error.remedy)
        }
        guard values.rows == rows, !values.shape.isEmpty else {
            throw wrong(
                "has \(tensor.name) of shape \(values.shape) for \(rows) rows",
                "Check that the model answers one row for each"
            )
        }
        return values.withShape([rows, values.elementsPerRow])
    }

    private func codes(of tensor: NamedTensor, _ column: ColumnDescription) throws(PredictionError) -> Tensor<Float> {
        guard case .bytes(let shape, let texts) = tensor.tensor, shape.first == rows else {
            throw wrong("has \(tensor.name) \(tensor.tensor.shape) for \(rows) rows", "Check the model's answers")
        }
        var elements: [Float] = []
        for text in texts {
            let text = String(decoding: text, as: UTF8.self)
            guard let code = column.categories.firstIndex(of: text) else {
                throw wrong(
                    "has \"\(text.prefix(64))\" in \(tensor.name), which is no category of \(column.name)",
                    "List every text that the model can answer as categories of the output in its schema"
                )
            }
            elements.append(Float(code))
        }
        let width = rows == 0 ? 0 : elements.count / rows
        return Tensor(shape: [rows, width]) { _ = $0.initialize(from: elements) }
    }

    private static func columns(_ range: Range<Int>, of values: Tensor<Float>) -> Tensor<Float> {
        let width = values.elementsPerRow
        return Tensor(shape: [values.rows, range.count]) { target in
            for row in 0..<values.rows {
                for (position, index) in range.enumerated() {
                    target.initializeElement(at: row * range.count + position, to: values[row * width + index])
                }
            }
        }
    }

    private static func beside(_ parts: [Tensor<Float>], rows: Int) -> Tensor<Float> {
        guard parts.count != 1 else { return parts[0] }
        let width = parts.reduce(0) { $0 + $1.elementsPerRow }
        return Tensor(shape: [rows, width]) { target in
            var offset = 0
            for part in parts {
                let partWidth = part.elementsPerRow
                for row in 0..<rows {
                    for index in 0..<partWidth {
                        target.initializeElement(at: row * width + offset + index, to: part[row * partWidth + index])
                    }
                }
                offset += partWidth
            }
        }
    }

    private func wrong(_ what: String, _ remedy: String) -> PredictionError {
        PredictionError(.modelRefused, "the answer of \(place) \(what)", remedy: remedy)
    }
}
