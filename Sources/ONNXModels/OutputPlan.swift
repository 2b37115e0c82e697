import LinearAlgebra
import Prediction
import Tensors

/// How one output of a graph becomes columns of the answer.
struct OutputPlan: Sendable {
    /// A column's way from a row of the tensor into a row of the answer.
    struct Part: Sendable {
        let source: Int
        let target: Int
        let count: Int
        /// For a tensor of texts the code of each.
        let codes: [String: Float]
    }

    let name: String
    let element: GraphElement
    let parts: [Part]
    let activation: GraphActivation

    /// - Parameter columns: Each with its place in a row of the answer.
    /// - Throws: `.invalidDescription` and `.invalidModel` by output.
    init(
        _ port: GraphSession.Port,
        columns: [TensorLayout.Placed],
        activation: GraphActivation,
        path: String
    ) throws(PredictionError) {
        guard port.type != nil else { throw GraphSchema.noTensor(port, path) }
        guard let element = port.element else { throw GraphSchema.unsupported(port, path) }
        let row = port.shape.dropFirst()
        let width = columns.map { $0.column.index + $0.column.elementCount }.max() ?? 0
        if !port.shape.isEmpty, !row.contains(where: { $0 < 0 }), row.reduce(1, *) < width {
            throw PredictionError(
                .invalidDescription,
                "\(path): the output \(port.name) is \(port.text), and the schema describes rows of \(width) values",
                remedy: "Let schema.toml describe the outputs as the graph gives them"
            )
        }
        if element == .text, let plain = columns.first(where: { $0.column.categories.isEmpty })?.column {
            throw PredictionError(
                .invalidDescription,
                "\(path): the output \(port.name) holds texts, and the column \(plain.name) names no categories",
                remedy: "List them as categories of the output, or leave it out of schema.toml"
            )
        }
        name = port.name
        self.element = element
        self.activation = activation
        parts = columns.map { column, place in
            let codes = column.categories.enumerated().map { ($1, Float($0)) }
            return Part(
                source: column.index,
                target: place,
                count: column.elementCount,
                codes: Dictionary(codes) { first, _ in first }
            )
        }
    }

    /// Puts an output's values into the rows of an answer.
    ///
    /// - Parameters:
    ///   - answer: The rows, each `width` values.
    ///   - rows: How many rows were asked about.
    /// - Throws: `.invalidModel` when it has not one row for each, or a row has too few values.
    func put(
        _ output: GraphSession.Output,
        into answer: UnsafeMutableBufferPointer<Float>,
        rows: Int,
        width: Int
    ) throws {
        guard output.type == element.rawValue, output.shape.first ?? 1 == rows else { throw wrong(output, rows) }
        let given = output.count / rows
        guard parts.allSatisfy({ $0.source + $0.count <= given }) else { throw wrong(output, rows) }
        if element == .text { return try put(texts: output, given, answer, rows: rows, width: width) }
        let elements = try output.elements()
        switch element {
        case .float32: put(elements, Float.self, given, answer, rows: rows, width: width) { $0 }
        case .float64: put(elements, Double.self, given, answer, rows: rows, width: width) { Float($0) }
        case .uint8: put(elements, UInt8.self, given, answer, rows: rows, width: width) { Float($0) }
        case .int8: put(elements, Int8.self, given, answer, rows: rows, width: width) { Float($0) }
        case .uint16: put(elements, UInt16.self, given, answer, rows: rows, width: width) { Float($0) }
        case .int16: put(elements, Int16.self, given, answer, rows: rows, width: width) { Float($0) }
        case .uint32: put(elements, UInt32.self, given, answer, rows: rows, width: width) { Float($0) }
        case .int32: put(elements, Int32.self, given, answer, rows: rows, width: width) { Float($0) }
        case .uint64: put(elements, UInt64.self, given, answer, rows: rows, width: width) { Float($0) }
        case .int64: put(elements, Int64.self, given, answer, rows: rows, width: width) { Float($0) }
        case .bool, .text: put(elements, UInt8.self, given, answer, rows: rows, width: width) { $0 == 0 ? 0 : 1 }
        }
        activate(answer, rows: rows, width: width)
    }

    private func put<Element: BitwiseCopyable>(
        _ elements: UnsafeRawPointer,
        _ type: Element.Type,
        _ given: Int,
        _ answer: UnsafeMutableBufferPointer<Float>,
        rows: Int,
        width: Int,
        _ convert: (Element) -> Float
    ) {
        let source = elements.assumingMemoryBound(to: Element.self)
        for part in parts {
            for row in 0..<rows {
                for index in 0..<part.count {
                    answer[row * width + part.target + index] = convert(source[row * given + part.source + index])
                }
            }
        }
    }

    private func put(
        texts output: GraphSession.Output,
        _ given: Int,
        _ answer: UnsafeMutableBufferPointer<Float>,
        rows: Int,
        width: Int
    ) throws {
        let texts = try output.texts()
        for part in parts {
            for row in 0..<rows {
                for index in 0..<part.count {
                    let text = texts[row * given + part.source + index]
                    guard let code = part.codes[text] else {
                        throw PredictionError(
                            .invalidModel,
                            "the output \(name) is \"\(text.prefix(64))\", which its categories do not list",
                            remedy: "List every text that the model can answer as categories in schema.toml"
                        )
                    }
                    answer[row * width + part.target + index] = code
                }
            }
        }
    }

    private func activate(_ answer: UnsafeMutableBufferPointer<Float>, rows: Int, width: Int) {
        guard activation != .none, let base = answer.baseAddress else { return }
        for part in parts {
            for row in 0..<rows {
                let values = base + row * width + part.target
                if activation == .softmax {
                    Elementwise.softmaxRows(values, into: values, rows: 1, columns: part.count)
                } else {
                    Elementwise.sigmoid(values, into: values, count: part.count)
                }
            }
        }
    }

    private func wrong(_ output: GraphSession.Output, _ rows: Int) -> PredictionError {
        let wanted = parts.map { $0.source + $0.count }.max() ?? 0
        return PredictionError(
            .invalidModel,
            "the output \(name) is \(GraphElement.name(output.type)) \(output.shape) for \(rows) rows of \(wanted) values",
            remedy: "Export a graph whose first axis is the rows, and describe its outputs in schema.toml"
        )
    }
}
