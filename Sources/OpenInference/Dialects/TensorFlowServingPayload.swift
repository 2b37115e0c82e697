import CloudEvents
import JSON
import Tensors

/// TF-Serving's REST bodies, which KServe's version 1 and MLflow use too: rows in `instances` and `predictions`, columns
/// in `inputs` and `outputs`; `examples` and `result` of the calls `:classify` and `:regress`.
enum TensorFlowServingPayload {
    /// Reads the tensors of a member; one without a name takes the name of the member.
    static func decode(
        _ reader: inout JSONReader,
        member: String,
        dialect: Payload.Dialect,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var tensors: [NamedTensor]?
        var context: [NamedTensor] = []
        try reader.readMembers("the message") { key, reader throws(OpenInferenceError) in
            switch key {
            case member:
                guard tensors == nil else {
                    throw OpenInferenceError(.malformed, "\"\(member)\" is given twice", remedy: "Send it once")
                }
                tensors = try readTensors(&reader, member, limits)
            case "context" where member == "examples":
                context = try UntypedTable(place: "\"context\"", limits: limits).read(&reader, name: key)
            default: try reader.skip("\"\(key.prefix(64))\"")
            }
        }
        try reader.finish("the message")
        let role: Payload.Role = ["instances", "inputs", "examples"].contains(member) ? .request : .response
        return Payload(dialect: dialect, role: role, tensors: (tensors ?? []) + context)
    }

    private static func readTensors(
        _ reader: inout JSONReader,
        _ member: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        let table = UntypedTable(place: "\"\(member)\"", limits: limits)
        guard member == "result" || member == "results", let pairs = classes(reader, table) else {
            return try table.read(&reader, name: member)
        }
        try reader.skip("\"\(member)\"")
        return pairs
    }

    /// Labels and scores from the answer of a classification, for each example a list of pairs; nil where it is none.
    private static func classes(_ start: JSONReader, _ table: UntypedTable) -> [NamedTensor]? {
        var reader = start
        var labels = UntypedColumn(place: "\(table.place).label", limits: table.limits)
        var scores = UntypedColumn(place: "\(table.place).score", limits: table.limits)
        var counts: Set<Int> = []
        var rows = 0
        let read: Void? = try? reader.readElements(table.place) { reader throws(OpenInferenceError) in
            let before = labels.rows
            try reader.readElements(table.place) { reader throws(OpenInferenceError) in
                var index = 0
                try reader.readElements(table.place) { reader throws(OpenInferenceError) in
                    switch index {
                    case 0: try labels.append(&reader)
                    default: try scores.append(&reader)
                    }
                    index += 1
                }
            }
            counts.insert(labels.rows - before)
            rows += 1
        }
        guard read != nil, counts.count == 1, let width = counts.first, labels.rows == scores.rows,
            let label = try? labels.tensor.reshaped([rows, width]),
            let score = try? scores.tensor.reshaped([rows, width]), label.datatype == .bytes
        else { return nil }
        return [NamedTensor(name: "label", tensor: label), NamedTensor(name: "score", tensor: score)]
    }
}
