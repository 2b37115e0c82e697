import CloudEvents
import JSON

/// What a JSON body is, told by the members that only one dialect has, and by the dialect that is expected where several
/// share them.
///
/// MLflow's and TF-Serving's keys are the same, and V2 has `inputs` too: there it is a list of objects with a datatype.
enum BodyKind: Equatable {
    case openInference
    case seldon
    /// The member with the rows or columns.
    case tensorFlowServing(member: String)
    /// The member with the data frame.
    case mlflow(member: String)
    /// Chats, completions and embeddings, and what models generate from a text.
    case generatedText

    /// Nil when nothing tells, or when the body is no JSON object.
    ///
    /// A member of the expected dialect decides at once; one of another dialect only when no such member comes.
    ///
    /// - Complexity: Up to the telling member, which V2 bodies have among the first.
    init?(of body: [UInt8], expecting expected: PayloadDialect?) {
        let kind = body.withRawBytes { bytes -> BodyKind? in
            var reader = JSONReader(bytes)
            return try? Self.find(&reader, expected)
        }
        guard let kind else { return nil }
        self = kind
    }

    private static func find(_ reader: inout JSONReader, _ expected: PayloadDialect?) throws(JSONError) -> BodyKind? {
        var other: BodyKind?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if let kind = try kind(key, reader, expected) {
                if expected == nil || kind.dialects.contains(where: { $0 == expected }) { return kind }
                other = other ?? kind
            }
            try reader.skipValue()
        }
        return other
    }

    /// What a member tells, its value being next.
    private static func kind(
        _ key: String,
        _ value: JSONReader,
        _ expected: PayloadDialect?
    ) throws(JSONError) -> BodyKind? {
        var value = value
        switch key {
        case "inputs", "outputs": return try isTensorList(value) ? .openInference : .tensorFlowServing(member: key)
        case "instances", "predictions": return .tensorFlowServing(member: key)
        case "examples", "result", "results":
            return expected == .tensorFlowServing ? .tensorFlowServing(member: key) : nil
        case "dataframe_split", "dataframe_records": return .mlflow(member: key)
        case "data": return try value.peek() == .array && expected == .openAI ? .generatedText : .seldon
        case "strData", "binData", "jsonData", "customData": return .seldon
        case "messages", "choices", "text_input", "text_output": return .generatedText
        case "prompt": return .generatedText
        case "input": return expected == .openAI || expected == .mlflow ? .generatedText : nil
        default: return nil
        }
    }

    /// The dialects that write such bodies.
    private var dialects: [PayloadDialect] {
        switch self {
        case .openInference: [.openInference]
        case .seldon: [.seldon]
        case .tensorFlowServing: [.tensorFlowServing, .mlflow]
        case .mlflow: [.mlflow]
        case .generatedText: [.openAI, .mlflow, .openInference]
        }
    }

    /// Whether the next value is a list, empty or of objects that describe a tensor or wish for an output.
    static func isTensorList(_ start: JSONReader) throws(JSONError) -> Bool {
        var reader = start
        guard try reader.peek() == .array else { return false }
        try reader.beginArray()
        guard try reader.nextElement() else { return true }
        guard try reader.peek() == .object else { return false }
        var isNamed = false
        var isForeign = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "datatype", "shape": return true
            case "name": isNamed = true
            case "parameters", "data": break
            default: isForeign = true
            }
            try reader.skipValue()
        }
        // A wish for an output has a name and perhaps parameters.
        return isNamed && !isForeign
    }
}
