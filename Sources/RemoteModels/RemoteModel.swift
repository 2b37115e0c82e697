import CloudEvents
import NIOHTTP1
package import OpenInference
package import Prediction
package import Tensors

/// A model behind a URL, asked in the dialect of its server.
///
/// `predict` blocks the calling thread until the server has answered: ask it where blocking is allowed, from a thread of
/// one's own, and never from an event loop or the cooperative pool.
package struct RemoteModel: Predictor {
    package let model: ModelDescription
    private let dialect: ModelMap.Dialect
    private let address: RemoteAddress
    private let name: String
    private let version: String?
    private let caller: ServerCaller
    private let layouts: [TensorLayout]
    private let maxRows: Int
    private let decoder: PayloadDecoder

    /// No call carries more values than this, however many rows may be in it.
    private static let mostValues = 1 << 20

    /// - Parameters:
    ///   - model: What is known of the model; without inputs, rows are sent as they come.
    ///   - name: What the server calls it.
    ///   - version: The version that is asked for; nil leaves it to the server.
    ///   - mapping: Where the tensors are in answers that follow no dialect.
    /// - Throws: `.invalidDescription` where the inputs do not make tensors.
    package init(
        _ model: ModelDescription,
        dialect: ModelMap.Dialect,
        address: RemoteAddress,
        name: String,
        version: String?,
        caller: ServerCaller,
        maxRows: Int,
        mapping: PayloadMapping? = nil
    ) throws(PredictionError) {
        self.model = model
        self.dialect = dialect
        self.address = address
        self.name = name
        self.version = version
        self.caller = caller
        self.maxRows = maxRows
        decoder = PayloadDecoder(mapping: mapping)
        let placed = TensorLayout.placed(model.inputs)
        var tensors: [String] = []
        for column in model.inputs where !tensors.contains(column.tensor) { tensors.append(column.tensor) }
        var layouts: [TensorLayout] = []
        for tensor in tensors {
            let columns = placed.filter { $0.column.tensor == tensor }
            let datatype = columns.first?.column.datatype ?? .float32
            layouts.append(try TensorLayout(tensor, datatype: datatype, columns: columns))
        }
        self.layouts = layouts
    }

    /// The model's answers, asked for in batches of `max_rows` rows at most.
    ///
    /// - Throws: `.shapeMismatch` and `.invalidValue` before anything is sent; `.modelUnreachable`, `.modelRefused`.
    package func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        let width = model.inputs.reduce(0) { $0 + $1.elementCount }
        guard width == 0 || batch.elementsPerRow == width || batch.rows == 0 else {
            throw PredictionError(
                .shapeMismatch,
                "model \(model.name): rows of \(batch.rowShape) where \(width) values are asked for",
                remedy: "Give rows with the columns of the model's schema"
            )
        }
        guard batch.rows > 0 else {
            return Tensor(shape: [0, model.outputs.reduce(0) { $0 + $1.elementCount }], repeating: 0)
        }
        let step = min(maxRows, max(1, Self.mostValues / max(batch.elementsPerRow, 1)))
        var answers: [Tensor<Float>] = []
        for start in stride(from: 0, to: batch.rows, by: step) {
            answers.append(try ask(batch.rows(start..<min(start + step, batch.rows))))
        }
        return try answers.count == 1 ? answers[0] : Tensor.concatenatingRows(answers)
    }

    private func ask(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        var tensors: [NamedTensor] = []
        for layout in layouts { tensors.append(NamedTensor(name: layout.name, tensor: try layout.tensor(of: batch))) }
        if layouts.isEmpty { tensors = [NamedTensor(name: "inputs", batch)] }
        let call: ServerCaller.Call
        do throws(OpenInferenceError) {
            let request = try RemoteRequest(
                dialect,
                model: name,
                version: version,
                tensors: tensors,
                outputs: outputTensors,
                columns: columnNames
            )
            call = ServerCaller.Call(
                method: .POST,
                url: address.base + request.path,
                headers: request.headers,
                body: request.body
            )
        } catch {
            throw PredictionError(.invalidDescription, error.message, remedy: error.remedy, cause: error)
        }
        let answer = try caller.call(call)
        let payload: Payload
        do throws(OpenInferenceError) {
            payload = try decoder.decode(
                answer.body,
                PayloadHints(
                    dialect: dialect.payloadDialect,
                    contentType: answer.headers.first(name: "content-type"),
                    role: .response,
                    jsonLength: answer.headers.first(name: "inference-header-content-length").flatMap { Int($0) }
                )
            )
        } catch {
            throw PredictionError(
                .modelRefused,
                "the answer of POST \(call.url) cannot be read: \(error.message)",
                remedy: "Check that the dialect is the server's",
                cause: error
            )
        }
        return try RemoteAnswer(place: "POST \(call.url)", tensors: payload.tensors, rows: batch.rows)
            .values(model.outputs)
    }

    /// The described outputs, each tensor once.
    private var outputTensors: [String] {
        model.outputs.reduce(into: []) { names, column in
            if !names.contains(column.tensor) { names.append(column.tensor) }
        }
    }

    /// The names of the columns where all are single values of tensors of their own: a table.
    private var columnNames: [String] {
        model.inputs.allSatisfy { $0.elementCount == 1 } ? model.inputs.map(\.name) : []
    }
}

extension ModelMap.Dialect {
    /// What bodies of the dialect are called where they are read.
    var payloadDialect: PayloadDialect {
        switch self {
        case .v2, .v2Binary: .openInference
        case .v1, .v1Columns: .tensorFlowServing
        case .seldon: .seldon
        case .mlflow: .mlflow
        }
    }
}
