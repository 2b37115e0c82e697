import JSON
import OpenInference
import Prediction
import Tensors

/// How a model is asked about some rows in a dialect: path, headers and body.
struct RemoteRequest {
    var path: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    /// - Parameters:
    ///   - tensors: The inputs, rows first; one without a name of its own where nobody described them.
    ///   - outputs: The names of the outputs that are wanted, as far as they are described.
    ///   - columns: The names of the columns, in order, where each is a single value; else none.
    init(
        _ dialect: ModelMap.Dialect,
        model: String,
        version: String?,
        tensors: [NamedTensor],
        outputs: [String],
        columns: [String]
    ) throws(OpenInferenceError) {
        let name = model.escapedAsSegment
        let versioned = version.map { "\(name)/versions/\($0.escapedAsSegment)" } ?? name
        headers = [("Content-Type", "application/json")]
        switch dialect {
        case .v2, .v2Binary:
            path = "/v2/models/\(versioned)/infer"
            // KServe's server answers 500 to a request without an id.
            var request = InferenceRequest(id: "vedette", inputs: tensors, outputs: outputs.map { .init(name: $0) })
            guard dialect == .v2Binary else {
                body = try request.encoded()
                return
            }
            request.parameters["binary_data_output"] = true
            let (bytes, jsonLength) = try request.encodedBinary()
            body = bytes
            headers = [
                ("Content-Type", "application/octet-stream"), ("Inference-Header-Content-Length", "\(jsonLength)"),
            ]
        case .v1, .v1Columns:
            path = "/v1/models/\(versioned):predict"
            body = Self.object { writer in
                writer.key(dialect == .v1 ? "instances" : "inputs")
                if dialect == .v1 { writer.rows(tensors) } else { writer.columns(tensors) }
            }
        case .seldon:
            path = "/api/v1.0/predictions"
            body = Self.object { writer in
                writer.key("data")
                writer.beginObject()
                writer.key("names")
                writer.texts(columns)
                writer.key("ndarray")
                writer.flatRows(tensors)
                writer.endObject()
            }
        case .mlflow:
            path = "/invocations"
            body = Self.object { writer in
                guard columns.isEmpty else {
                    writer.key("dataframe_split")
                    writer.beginObject()
                    writer.key("columns")
                    writer.texts(columns)
                    writer.key("data")
                    writer.flatRows(tensors)
                    return writer.endObject()
                }
                writer.key("inputs")
                writer.columns(tensors)
            }
        }
    }

    private static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func texts(_ texts: [String]) {
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// One entry a row: its values in their shape, and of several tensors an object of them.
    fileprivate mutating func rows(_ tensors: [NamedTensor]) {
        beginArray()
        for row in 0..<(tensors.first?.tensor.rows ?? 0) {
            if tensors.count == 1 {
                nested(tensors[0].tensor, Array(tensors[0].tensor.shape.dropFirst()), start: row)
            } else {
                beginObject()
                for tensor in tensors {
                    key(tensor.name)
                    nested(tensor.tensor, Array(tensor.tensor.shape.dropFirst()), start: row)
                }
                endObject()
            }
        }
        endArray()
    }

    /// The tensors whole: one as it is, several as an object.
    fileprivate mutating func columns(_ tensors: [NamedTensor]) {
        if tensors.count == 1 { return nested(tensors[0].tensor, tensors[0].tensor.shape, start: 0) }
        beginObject()
        for tensor in tensors {
            key(tensor.name)
            nested(tensor.tensor, tensor.tensor.shape, start: 0)
        }
        endObject()
    }

    /// One flat list a row, of several tensors one after the other; a single tensor keeps the shape of its rows.
    fileprivate mutating func flatRows(_ tensors: [NamedTensor]) {
        if tensors.count == 1 { return rows(tensors) }
        beginArray()
        for row in 0..<(tensors.first?.tensor.rows ?? 0) {
            beginArray()
            for tensor in tensors {
                let width = tensor.tensor.shape.dropFirst().reduce(1, *)
                for index in row * width..<(row + 1) * width { element(tensor.tensor, index) }
            }
            endArray()
        }
        endArray()
    }

    /// The elements of one block, in lists within lists by the shape.
    ///
    /// - Parameter start: Which block of this shape it is, in the order of the elements.
    private mutating func nested(_ tensor: AnyTensor, _ shape: [Int], start: Int) {
        guard let size = shape.first else { return element(tensor, start) }
        beginArray()
        let inner = Array(shape.dropFirst())
        for index in 0..<size { nested(tensor, inner, start: start * size + index) }
        endArray()
    }

    private mutating func element(_ tensor: AnyTensor, _ index: Int) {
        switch tensor {
        case .bool(let tensor): value(tensor[index])
        case .uint8(let tensor): value(tensor[index])
        case .uint16(let tensor): value(tensor[index])
        case .uint32(let tensor): value(tensor[index])
        case .uint64(let tensor): value(tensor[index])
        case .int8(let tensor): value(tensor[index])
        case .int16(let tensor): value(tensor[index])
        case .int32(let tensor): value(tensor[index])
        case .int64(let tensor): value(tensor[index])
        case .float16(let tensor): value(Float(tensor[index]))
        case .bfloat16(let tensor): value(Float(tensor[index]))
        case .float32(let tensor): value(tensor[index])
        case .float64(let tensor): value(tensor[index])
        case .bytes(_, let values): value(String(decoding: values[index], as: UTF8.self))
        }
    }
}
