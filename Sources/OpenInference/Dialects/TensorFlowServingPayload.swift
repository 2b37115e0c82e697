import JSON
import Tensors

/// TF-Serving's REST bodies, which KServe's version 1 and MLflow use too: rows in `instances` and `predictions`, columns
/// in `inputs` and `outputs`.
enum TensorFlowServingPayload {
    /// Reads the tensors of a member; one without a name takes the name of the member.
    static func decode(
        _ reader: inout JSONReader,
        member: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var tensors: [NamedTensor] = []
        try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading("the message", { () throws(JSONError) in try reader.nextKey() })
        {
            if key == member {
                tensors = try readTensors(&reader, member, limits)
            } else {
                try OpenInferenceError.reading("\"\(key)\"") { () throws(JSONError) in _ = try reader.skipValue() }
            }
        }
        try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.finish() }
        let role: Payload.Role = member == "predictions" || member == "outputs" ? .response : .request
        return Payload(dialect: .tensorFlowServing, role: role, tensors: tensors)
    }

    private static func readTensors(
        _ reader: inout JSONReader,
        _ member: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        let isByName = try OpenInferenceError.reading("\"\(member)\"") { () throws(JSONError) in
            try namesTensors(reader)
        }
        guard isByName else {
            return [NamedTensor(name: member, tensor: try UntypedArray.read(&reader, "\"\(member)\"", limits))]
        }
        let tree = try OpenInferenceError.reading("\"\(member)\"") { () throws(JSONError) in try reader.readValue() }
        let columns: JSONObject
        if let object = tree.object {
            columns = object
        } else {
            columns = try Self.columns(ofRows: tree.array ?? [], member)
        }
        var tensors: [NamedTensor] = []
        for (name, column) in columns {
            let text = column.serialized()
            let tensor = try text.withRawBytes { bytes throws(OpenInferenceError) in
                var column = JSONReader(bytes)
                return try UntypedArray.read(&column, "\"\(member).\(name)\"", limits)
            }
            tensors.append(NamedTensor(name: name, tensor: tensor))
        }
        return tensors
    }

    /// Whether the next value is an object of columns or a list of objects, one a row.
    private static func namesTensors(_ start: JSONReader) throws(JSONError) -> Bool {
        var reader = start
        guard try reader.peek() == .array else { return try reader.peek() == .object }
        try reader.beginArray()
        guard try reader.nextElement() else { return false }
        return try reader.peek() == .object
    }

    private static func columns(ofRows rows: [JSONValue], _ member: String) throws(OpenInferenceError) -> JSONObject {
        var columns: [String: [JSONValue]] = [:]
        let names = rows.first?.object?.keys ?? []
        guard names != ["b64"] else {
            throw OpenInferenceError(
                .value,
                "\"\(member)\" holds {\"b64\"} values",
                remedy: "Send numbers, strings or truth values"
            )
        }
        for row in rows {
            guard let object = row.object, object.count == names.count else { throw uneven(member) }
            for name in names {
                guard let value = object[name] else { throw uneven(member) }
                columns[name, default: []].append(value)
            }
        }
        return JSONObject(names.map { ($0, .array(columns[$0] ?? [])) })
    }

    private static func uneven(_ member: String) -> OpenInferenceError {
        OpenInferenceError(
            .shapeMismatch,
            "\"\(member)\": rows with different members",
            remedy: "Give every row the same names"
        )
    }
}
