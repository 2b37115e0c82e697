import OpenInference
import Prediction
import Tensors

/// Between the named tensors of a message and the rows of a model, by the model's description.
///
/// A tensor may hold several columns side by side; columns follow one another along features in the order of the
/// schema, rows are on axis 0.
struct ModelRows {
    /// A tensor on the wire and the columns in it, in the order of the schema.
    struct Wire: Sendable {
        var name: String
        var columns: [ColumnDescription]

        /// Elements of one row.
        var width: Int { columns.map { $0.index + $0.elementCount }.max() ?? 0 }
        /// The shape of one row: the column's own when the tensor is one column.
        var rowShape: [Int] {
            if let only = columns.first, columns.count == 1, only.index == 0 { return only.shape }
            return [width]
        }
        /// The datatype that metadata name.
        var datatype: ElementType { columns.first?.datatype ?? .float32 }
    }

    let inputs: [Wire]
    let outputs: [Wire]
    private let inputColumns: [ColumnDescription]
    private let outputColumns: [ColumnDescription]

    init(_ model: ModelDescription) {
        inputColumns = model.inputs
        outputColumns = model.outputs
        inputs = Self.wires(model.inputs)
        outputs = Self.wires(model.outputs)
    }

    private static func wires(_ columns: [ColumnDescription]) -> [Wire] {
        columns.reduce(into: []) { wires, column in
            if let index = wires.firstIndex(where: { $0.name == column.tensor }) {
                wires[index].columns.append(column)
            } else {
                wires.append(Wire(name: column.tensor, columns: [column]))
            }
        }
    }

    /// The rows that a request asks about, shape `[n, features]`, or the one tensor's own shape.
    ///
    /// - Throws: ``ServiceError`` 400 that names the tensor, and what it should be.
    func rows(of request: InferenceRequest) throws -> Tensor<Float> {
        for tensor in request.inputs where !inputs.contains(where: { $0.name == tensor.name }) {
            throw InferenceFailure.badInput(
                "the model has no input \"\(tensor.name)\"",
                remedy: "Its inputs are \(inputs.map(\.name).joined(separator: ", "))"
            )
        }
        let tensors = try inputs.map { wire in try numbers(of: wire, in: request) }
        if let only = tensors.first, inputs.count == 1, inputs[0].columns.count == 1, inputs[0].columns[0].index == 0 {
            return only
        }
        return try gather(tensors)
    }

    private func numbers(of wire: Wire, in request: InferenceRequest) throws -> Tensor<Float> {
        guard let input = request.inputs.first(where: { $0.name == wire.name }) else {
            throw InferenceFailure.badInput(
                "the input \"\(wire.name)\" is missing",
                remedy: "Send all inputs of the model"
            )
        }
        let shape = input.tensor.shape
        guard !shape.isEmpty, shape.dropFirst().reduce(1, *) == wire.width else {
            throw InferenceFailure.badInput(
                "input \"\(wire.name)\": rows of shape \(shape) where \([-1] + wire.rowShape) is asked for",
                remedy: "Put rows on the first axis, \(wire.width) values each"
            )
        }
        if case .bytes(_, let values) = input.tensor { return try codes(of: values, wire: wire, shape: shape) }
        do {
            return try input.tensor.converted(to: Float.self)
        } catch {
            throw InferenceFailure.badInput("input \"\(wire.name)\": \(error.message)", remedy: error.remedy)
        }
    }

    /// The codes of category texts.
    private func codes(of values: [[UInt8]], wire: Wire, shape: [Int]) throws -> Tensor<Float> {
        var elements: [Float] = []
        elements.reserveCapacity(values.count)
        for (place, value) in values.enumerated() {
            let inRow = place % max(wire.width, 1)
            let column = wire.columns.first { ($0.index..<$0.index + $0.elementCount).contains(inRow) }
            let text = String(decoding: value, as: UTF8.self)
            guard let code = column?.categories.firstIndex(of: text) else {
                throw InferenceFailure.badInput(
                    "input \"\(wire.name)\": \"\(text.prefix(64))\" in row \(place / max(wire.width, 1)) is no category",
                    remedy:
                        "Send one of \(column?.categories.prefix(20).joined(separator: ", ") ?? "the model's numbers")"
                )
            }
            elements.append(Float(code))
        }
        return try Tensor(shape: shape, elements: elements)
    }

    private func gather(_ tensors: [Tensor<Float>]) throws -> Tensor<Float> {
        let counts = Set(tensors.map(\.rows))
        guard let rows = counts.first, counts.count == 1 else {
            throw InferenceFailure.badInput(
                "the inputs have different numbers of rows: \(counts.sorted())",
                remedy: "Send the same number of rows in every input"
            )
        }
        let width = inputColumns.reduce(0) { $0 + $1.elementCount }
        var elements: [Float] = []
        elements.reserveCapacity(rows * width)
        for row in 0..<rows {
            for column in inputColumns {
                guard let wire = inputs.firstIndex(where: { $0.name == column.tensor }) else { continue }
                let start = row * inputs[wire].width + column.index
                for index in start..<start + column.elementCount { elements.append(tensors[wire][index]) }
            }
        }
        return try Tensor(shape: [rows, width], elements: elements)
    }

    /// The model's answer as the tensors that a request wants, shape `[n, outputs]` taken apart by column.
    ///
    /// - Throws: ``ServiceError`` 400 for an output that the model does not have.
    func tensors(of answer: Tensor<Float>, for request: InferenceRequest) throws -> [NamedTensor] {
        let wanted = request.outputs.isEmpty ? outputs.map(\.name) : request.outputs.map(\.name)
        return try wanted.map { name in
            guard let wire = outputs.first(where: { $0.name == name }) else {
                throw InferenceFailure.badInput(
                    "the model has no output \"\(name)\"",
                    remedy: "Its outputs are \(outputs.map(\.name).joined(separator: ", "))"
                )
            }
            return NamedTensor(name: name, try values(of: wire, in: answer))
        }
    }

    private func values(of wire: Wire, in answer: Tensor<Float>) throws -> Tensor<Float> {
        let shape = [answer.rows] + wire.rowShape
        if outputs.count == 1 { return try answer.reshaped(shape) }
        var elements = [Float](repeating: 0, count: answer.rows * wire.width)
        for row in 0..<answer.rows {
            var offset = row * answer.elementsPerRow
            for column in outputColumns {
                if column.tensor == wire.name {
                    for index in 0..<column.elementCount {
                        elements[row * wire.width + column.index + index] = answer[offset + index]
                    }
                }
                offset += column.elementCount
            }
        }
        return try Tensor(shape: shape, elements: elements)
    }
}
