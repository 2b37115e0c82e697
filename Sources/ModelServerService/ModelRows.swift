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
        let name: String
        let columns: [ColumnDescription]
        /// Elements of one row.
        let width: Int
        /// The shape of one row: the column's own when the tensor is one column.
        let rowShape: [Int]

        init(name: String, columns: [ColumnDescription]) {
            self.name = name
            self.columns = columns
            width = columns.map { $0.index + $0.elementCount }.max() ?? 0
            rowShape = columns.count == 1 && columns[0].index == 0 ? columns[0].shape : [width]
        }

        /// What the elements of a row are called: the classes, the columns, or their places.
        var labels: [String] {
            let names = columns.flatMap { $0.classes.isEmpty && $0.elementCount == 1 ? [$0.name] : $0.classes }
            return names.count == width ? names : (0..<width).map { String($0) }
        }
        /// The names of its classes; empty where they have none.
        var classes: [String] { columns.count == 1 ? columns[0].classes : [] }
        /// The datatype that metadata name.
        var datatype: ElementType { columns.first?.datatype ?? .float32 }
    }

    let inputs: [Wire]
    let outputs: [Wire]
    private let byTensor: InputPlan
    private let byColumn: InputPlan
    private let asOne: InputPlan
    private let outputColumns: [ColumnDescription]

    init(_ model: ModelDescription) {
        outputColumns = model.outputs
        inputs = Self.wires(model.inputs)
        outputs = Self.wires(model.outputs)
        byTensor = InputPlan(wires: inputs, columns: model.inputs)
        byColumn = InputPlan(byColumn: model.inputs)
        asOne = InputPlan(asOne: model.inputs)
    }

    private static func wires(_ columns: [ColumnDescription]) -> [Wire] {
        let tensors = columns.reduce(into: [String]()) { if !$0.contains($1.tensor) { $0.append($1.tensor) } }
        return tensors.map { name in Wire(name: name, columns: columns.filter { $0.tensor == name }) }
    }

    /// The rows that a request asks about, shape `[n, features]`, or the one tensor's own shape.
    ///
    /// Inputs are the model's tensors, or its columns by their own names, or one tensor without a name that holds all
    /// columns in the order of the schema.
    ///
    /// - Throws: ``ServiceError`` 400 that names the tensor, and what it should be.
    func rows(of request: InferenceRequest) throws -> Tensor<Float> {
        let plan = plan(for: request)
        for tensor in request.inputs where !plan.wires.contains(where: { $0.name == tensor.name }) {
            throw InferenceFailure.badInput(
                "the model has no input \"\(tensor.name)\"",
                remedy: "Its inputs are \(inputs.map(\.name).joined(separator: ", "))"
            )
        }
        let tensors = try plan.wires.map { wire in try numbers(of: wire, in: request) }
        if let only = tensors.first, plan.isWhole { return only }
        return try plan.gathered(tensors)
    }

    private func plan(for request: InferenceRequest) -> InputPlan {
        if request.inputs.count == 1, request.inputs[0].name.isEmpty { return asOne }
        let isByTensor = request.inputs.contains { input in inputs.contains { $0.name == input.name } }
        let isByColumn = request.inputs.allSatisfy { input in byColumn.wires.contains { $0.name == input.name } }
        return !isByTensor && isByColumn && !request.inputs.isEmpty ? byColumn : byTensor
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
        if case .float32(let rows) = input.tensor { return rows }
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

    /// The model's answer as the tensors that a request wants, shape `[n, outputs]` taken apart by column.
    ///
    /// - Throws: ``ServiceError`` 400 for an output that the model does not have.
    func tensors(of answer: Tensor<Float>, for request: InferenceRequest) throws -> [NamedTensor] {
        guard !request.outputs.isEmpty else {
            return try outputs.map { NamedTensor(name: $0.name, try values(of: $0, in: answer)) }
        }
        return try request.outputs.map { wish in
            guard let wire = outputs.first(where: { $0.name == wish.name }) else {
                throw InferenceFailure.badInput(
                    "the model has no output \"\(wish.name)\"",
                    remedy: "Its outputs are \(outputs.map(\.name).joined(separator: ", "))"
                )
            }
            let values = try values(of: wire, in: answer)
            guard let count = try Classification.count(wish) else { return NamedTensor(name: wish.name, values) }
            return NamedTensor(
                name: wish.name,
                tensor: Classification.top(count, of: values, labels: wire.classes)
            )
        }
    }

    /// An array that a client gave no name as an input: the model's one tensor, or all its columns side by side.
    func input(_ tensor: AnyTensor) -> NamedTensor {
        NamedTensor(name: inputs.count == 1 ? inputs[0].name : "", tensor: tensor)
    }

    /// An array whose columns a client named: the model's columns in the client's order where all are its own, and
    /// otherwise as it stands, since clients make names up.
    func inputs(of array: AnyTensor, columns names: [String]) throws -> [NamedTensor] {
        let isNamed = names.count == array.shape.dropFirst().reduce(1, *) && array.shape.count == 2 && names.count > 1
        guard isNamed, byColumn.wires.count == names.count, byColumn.wires.allSatisfy({ $0.width == 1 }),
            Set(names) == Set(byColumn.wires.map(\.name))
        else { return [input(array)] }
        return try names.enumerated().map { place, name in
            NamedTensor(name: name, tensor: try Self.column(place, of: array))
        }
    }

    /// One column of a table, shape `[n]`.
    private static func column(_ place: Int, of table: AnyTensor) throws -> AnyTensor {
        let width = table.shape[1]
        let places = (0..<table.rows).map { $0 * width + place }
        if case .bytes(_, let values) = table {
            return .bytes(shape: [places.count], values: places.map { values[$0] })
        }
        let numbers = try table.converted(to: Double.self)
        return .float64(try Tensor(shape: [places.count], elements: places.map { numbers[$0] }))
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
