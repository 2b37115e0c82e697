import Prediction
import Tensors

/// The description of a graph that brings none: its inputs and outputs as it declares them.
///
/// Of several outputs those of floating-point numbers are taken, so that of a classifier's label and probabilities the
/// probabilities remain. A map among them is refused: it holds the probabilities, and the label alone is not the model.
struct GraphSchema {
    private let session: GraphSession
    private let path: String

    init(_ session: GraphSession, path: String) {
        self.session = session
        self.path = path
    }

    /// - Throws: `.invalidDescription` where a shape or a list of categories has to be written down by somebody.
    func schema() throws(PredictionError) -> ModelSchema {
        var inputs: [ColumnDescription] = []
        for port in session.inputs { inputs.append(try column(port, isInput: true)) }
        let floating = session.outputs.filter { $0.element == .float32 || $0.element == .float64 }
        let tensors = session.outputs.filter { $0.element != nil && $0.element != .text }
        if let map = session.outputs.first(where: { $0.type == nil }) { throw Self.noTensor(map, path) }
        var outputs: [ColumnDescription] = []
        for port in floating.isEmpty ? tensors : floating { outputs.append(try column(port, isInput: false)) }
        guard !outputs.isEmpty else {
            let known = session.outputs.map { "\($0.name) \($0.text)" }.joined(separator: ", ")
            throw open("no output of the graph holds numbers; it has \(known)")
        }
        return ModelSchema(inputs: inputs, outputs: outputs)
    }

    private func column(_ port: GraphSession.Port, isInput: Bool) throws(PredictionError) -> ColumnDescription {
        guard port.type != nil else { throw Self.noTensor(port, path) }
        guard let element = port.element else { throw Self.unsupported(port, path) }
        guard element != .text else { throw open("\(port.name) holds texts, whose categories nobody names") }
        let row = Array(port.shape.dropFirst())
        guard !port.shape.isEmpty, !row.contains(where: { $0 < 1 }) else {
            throw open("\(port.name) is \(port.text), so that the size of a row is open")
        }
        return ColumnDescription(name: port.name, datatype: isInput ? element.datatype : .float32, shape: row)
    }

    private func open(_ what: String) -> PredictionError {
        PredictionError(
            .invalidDescription,
            "\(path): \(what)",
            remedy: "Write a schema.toml beside it, with a table for each input and output that is used"
        )
    }

    /// The error of an output that is a list of dictionaries, which skl2onnx adds unless it is told not to.
    static func noTensor(_ port: GraphSession.Port, _ path: String) -> PredictionError {
        PredictionError(
            .invalidModel,
            "\(path): \(port.name) is no tensor but a list or a map, as ZipMap makes it of probabilities",
            remedy: "Export without it: to_onnx(model, X, options={\"zipmap\": False})"
        )
    }

    /// The error of an element type that is not read here.
    static func unsupported(_ port: GraphSession.Port, _ path: String) -> PredictionError {
        PredictionError(
            .invalidModel,
            "\(path): \(port.name) is \(port.text)",
            remedy: "Export it with inputs and outputs of float, double, whole numbers, Booleans or texts"
        )
    }
}

extension GraphElement {
    /// The V2 datatype of the same elements.
    var datatype: ElementType {
        switch self {
        case .float32: .float32
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .text: .bytes
        case .bool: .bool
        case .float64: .float64
        case .uint32: .uint32
        case .uint64: .uint64
        }
    }
}
