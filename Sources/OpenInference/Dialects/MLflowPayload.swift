import CloudEvents
import JSON
import Tensors

/// What only MLflow's scoring server takes: data frames by columns and data, or as records.
///
/// `instances`, `inputs` and `predictions` are read as TF-Serving's, chats as OpenAI's.
enum MLflowPayload {
    /// Reads the member `dataframe_split` or `dataframe_records`: one tensor a column, by its name.
    static func decode(
        _ reader: inout JSONReader,
        member: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var tensors: [NamedTensor]?
        try reader.readMembers("the message") { key, reader throws(OpenInferenceError) in
            guard key == member else { return try reader.skip("\"\(key.prefix(64))\"") }
            guard tensors == nil else {
                throw OpenInferenceError(.malformed, "\"\(member)\" is given twice", remedy: "Send it once")
            }
            if key == "dataframe_split" {
                tensors = try readSplit(&reader, limits)
            } else {
                let table = UntypedTable(place: "\"\(member)\"", limits: limits)
                tensors = try table.readRecords(&reader, fillsMissing: true)
            }
        }
        try reader.finish("the message")
        return Payload(dialect: .mlflow, role: .request, tensors: tensors ?? [])
    }

    /// Reads an answer that is its predictions and nothing around them.
    static func decodeBare(
        _ reader: inout JSONReader,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        let tensors = try UntypedTable(place: "the message", limits: limits).read(&reader, name: "predictions")
        try reader.finish("the message")
        return Payload(dialect: .mlflow, role: .response, tensors: tensors)
    }

    private static func readSplit(
        _ reader: inout JSONReader,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        let place = "\"dataframe_split\""
        var columns: [String]?
        var data: JSONReader?
        try reader.readMembers(place) { key, reader throws(OpenInferenceError) in
            switch key {
            case "columns":
                let names = try reader.readTree("\(place), \"columns\"", limits).array ?? []
                columns = names.map { $0.string ?? $0.text }
            case "data":
                data = reader
                try reader.skip(place)
            default: try reader.skip(place)
            }
        }
        guard var data else {
            throw OpenInferenceError(.missingField, "\(place) has no data", remedy: "Send columns and data")
        }
        return try UntypedTable(place: place, limits: limits).readRows(&data, columns: columns)
    }
}
