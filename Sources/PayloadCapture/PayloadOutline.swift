import CloudEvents
import JSON
import OpenInference
import Tensors

/// What a V2 body says about its tensors without their values: what stays of a payload that was cut.
///
/// Reads the JSON as far as it goes and keeps what stood before the cut; of anything else nothing is known.
struct PayloadOutline {
    private struct Outline {
        var members: [(String, JSONValue)] = []
        var tensors: [(list: String, JSONObject)] = []
    }

    /// The outline of a whole body, by its JSON paths where it follows no dialect.
    static func of(_ bytes: [UInt8], _ hints: PayloadHints, _ mapping: PayloadMapping?) -> [UInt8]? {
        guard let mapping, let payload = try? PayloadDecoder(mapping: mapping).decode(bytes, hints),
            payload.dialect == .json
        else { return of(bytes, hints) }
        let tensors = payload.tensors.map { named -> JSONValue in
            [
                "name": .string(named.name), "shape": .array(named.tensor.shape.map { .integer(Int64($0)) }),
                "datatype": .string(named.tensor.datatype.rawValue),
            ]
        }
        return JSONValue.object([hints.role == .response ? "outputs" : "inputs": .array(tensors)]).serialized()
    }

    /// The outline of a body of which `hints` say where it was sent to, and which half it is.
    static func of(_ bytes: [UInt8], _ hints: PayloadHints) -> [UInt8]? {
        guard let path = hints.path, GRPCOutline.applies(to: path) else { return of(bytes) }
        return GRPCOutline(bytes).json(hints.role == .response ? "outputs" : "inputs")
    }

    /// A JSON object with `id`, `model_name`, `model_version` and, of `inputs` and `outputs`, each tensor's name,
    /// shape and datatype; nil when the bytes do not begin with a JSON object.
    private static func of(_ bytes: [UInt8]) -> [UInt8]? {
        var outline = Outline()
        bytes.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            // An error is the cut, or something that is no JSON: what was read until then stands.
            try? read(&reader, into: &outline)
        }
        guard !outline.members.isEmpty || !outline.tensors.isEmpty else { return nil }
        var object = JSONObject(outline.members)
        for list in ["inputs", "outputs"] {
            let tensors = outline.tensors.filter { $0.list == list }.map { JSONValue.object($0.1) }
            if !tensors.isEmpty { object[list] = .array(tensors) }
        }
        return JSONValue.object(object).serialized()
    }

    private static func read(_ reader: inout JSONReader, into outline: inout Outline) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id", "model_name", "model_version":
                let value = try reader.readValue()
                if value.string != nil { outline.members.append((key, value)) }
            case "inputs", "outputs":
                try reader.beginArray()
                while try reader.nextElement() { try readTensor(&reader, list: key, into: &outline) }
            default: try reader.skipValue()
            }
        }
    }

    private static func readTensor(
        _ reader: inout JSONReader,
        list: String,
        into outline: inout Outline
    ) throws(JSONError) {
        try reader.beginObject()
        outline.tensors.append((list, JSONObject()))
        let index = outline.tensors.count - 1
        while let key = try reader.nextKey() {
            switch key {
            case "name", "shape", "datatype":
                let value = try reader.readValue()
                if isSound(value, for: key) { outline.tensors[index].1[key] = value }
            default: try reader.skipValue()
            }
        }
    }

    /// Whether a value is what the member has, and not something else that nobody looked at.
    private static func isSound(_ value: JSONValue, for key: String) -> Bool {
        switch key {
        case "name": value.string != nil
        case "datatype": value.string.map { $0.utf8.count <= 8 && $0.utf8.allSatisfy(isDatatype) } ?? false
        default: value.array?.allSatisfy { $0.int != nil } ?? false
        }
    }

    private static func isDatatype(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
    }
}
