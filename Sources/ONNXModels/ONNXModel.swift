import Prediction
import Tensors

/// A graph that answers batches of rows, between the columns of a schema and the tensors of the graph.
struct ONNXModel: Predictor {
    let model: ModelDescription
    private let session: GraphSession
    private let inputs: [InputPlan]
    private let outputs: [OutputPlan]
    private let wanted: CStrings
    private let inputWidth: Int
    private let outputWidth: Int
    /// Whether the graph takes one row at a time.
    private let isRowByRow: Bool

    /// - Throws: `.invalidDescription` and `.invalidModel` where schema and graph do not agree.
    init(
        _ model: ModelDescription,
        session: GraphSession,
        activation: GraphActivation,
        path: String
    ) throws(PredictionError) {
        self.model = model
        self.session = session
        let taken = TensorLayout.placed(model.inputs)
        let given = TensorLayout.placed(model.outputs)
        for (column, _) in taken where !session.inputs.contains(where: { $0.name == column.tensor }) {
            throw Self.unknown("input", column.tensor, session.inputs, path)
        }
        for (column, _) in given where !session.outputs.contains(where: { $0.name == column.tensor }) {
            throw Self.unknown("output", column.tensor, session.outputs, path)
        }
        guard !given.isEmpty else { throw Self.unknown("output", "(none)", session.outputs, path) }
        var inputs: [InputPlan] = []
        for port in session.inputs {
            let columns = taken.filter { $0.column.tensor == port.name }
            guard !columns.isEmpty else {
                throw PredictionError(
                    .invalidDescription,
                    "\(path): the graph also takes \(port.name), \(port.text), which the schema does not describe",
                    remedy: "Add it to schema.toml; a graph is run with all of its inputs"
                )
            }
            inputs.append(try InputPlan(port, columns: columns, path: path))
        }
        var outputs: [OutputPlan] = []
        for port in session.outputs {
            let columns = given.filter { $0.column.tensor == port.name }
            guard !columns.isEmpty else { continue }
            outputs.append(try OutputPlan(port, columns: columns, activation: activation, path: path))
        }
        self.inputs = inputs
        self.outputs = outputs
        wanted = CStrings(outputs.map(\.name))
        inputWidth = model.inputs.reduce(0) { $0 + $1.elementCount }
        outputWidth = model.outputs.reduce(0) { $0 + $1.elementCount }
        let batches = Set(session.inputs.map { $0.shape.first ?? -1 }).subtracting([-1])
        isRowByRow = batches == [1]
        if let fixed = batches.first(where: { $0 != 1 }) {
            throw PredictionError(
                .invalidModel,
                "\(path): the graph takes exactly \(fixed) rows",
                remedy: "Export it with a free first axis (dynamic_shapes, dynamic_axes or None), or with one row"
            )
        }
    }

    private static func unknown(
        _ what: String,
        _ name: String,
        _ ports: [GraphSession.Port],
        _ path: String
    ) -> PredictionError {
        PredictionError(
            .invalidDescription,
            "\(path): the schema describes the \(what) \(name), which the graph does not have",
            remedy: "It has \(ports.map { "\($0.name) \($0.text)" }.joined(separator: ", "))"
        )
    }

    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        guard batch.elementsPerRow == inputWidth || batch.rows == 0 else {
            throw PredictionError(
                .shapeMismatch,
                "model \(model.name): rows of \(batch.rowShape) where \(inputWidth) values are asked for",
                remedy: "Give rows with the columns of the model's schema"
            )
        }
        var answer = Tensor<Float>(shape: [batch.rows, outputWidth], repeating: 0)
        guard batch.rows > 0 else { return answer }
        do {
            let step = isRowByRow ? 1 : batch.rows
            for start in stride(from: 0, to: batch.rows, by: step) {
                let rows = isRowByRow ? batch.rows(start..<start + 1) : batch
                let inputs = try inputs.map { plan in try plan.tensor(rows) }
                try answer.withUnsafeMutableBufferPointer { answer in
                    let part = UnsafeMutableBufferPointer(
                        rebasing: answer[start * outputWidth..<(start + step) * outputWidth]
                    )
                    try session.run(inputs, wanted: wanted) { results in
                        for (plan, result) in zip(outputs, results) {
                            try plan.put(result, into: part, rows: step, width: outputWidth)
                        }
                    }
                }
            }
        } catch let error as RuntimeFailure {
            throw PredictionError(
                .invalidModel,
                "model \(model.name): ONNX Runtime says: \(error.message)",
                remedy: "Check that the rows are such as the model was made for",
                cause: error
            )
        }
        return answer
    }
}
