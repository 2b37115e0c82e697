import JSON

/// What a JSON body is, told by the first member that only one dialect has.
///
/// MLflow's and TF-Serving's keys are the same, and V2 has `inputs` too: there it is a list of objects with a datatype.
enum BodyKind {
    case openInference
    case seldon
    /// The member with the rows or columns.
    case tensorFlowServing(member: String)

    /// Nil when nothing tells, or when the body is no JSON object.
    ///
    /// - Complexity: Up to the telling member, which V2 bodies have among the first.
    init?(of body: [UInt8]) {
        let kind = body.withRawBytes { bytes -> BodyKind? in
            var reader = JSONReader(bytes)
            return try? Self.find(&reader)
        }
        guard let kind else { return nil }
        self = kind
    }

    private static func find(_ reader: inout JSONReader) throws(JSONError) -> BodyKind? {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "model_name": return .openInference
            case "instances", "predictions": return .tensorFlowServing(member: key)
            case "inputs", "outputs": return try isTensorList(reader) ? .openInference : .tensorFlowServing(member: key)
            case "data", "strData", "binData", "jsonData", "customData": return .seldon
            default: try reader.skipValue()
            }
        }
        return nil
    }

    /// Whether the next value is a list, empty or of objects that name a tensor.
    private static func isTensorList(_ start: JSONReader) throws(JSONError) -> Bool {
        var reader = start
        guard try reader.peek() == .array else { return false }
        try reader.beginArray()
        guard try reader.nextElement() else { return true }
        guard try reader.peek() == .object else { return false }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if key == "datatype" || key == "shape" { return true }
            if key == "data" { return false }
            try reader.skipValue()
        }
        // A wish for an output has a name and perhaps parameters.
        return start.remaining > 0
    }
}
