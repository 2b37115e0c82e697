import JSON
import Tensors

/// Seldon Core's protocol, version 1: `{"data": {"names": [], "ndarray": [[]]}}` or `{"data": {"tensor": {…}}}`.
enum SeldonPayload {
    /// Reads the body's one tensor, named `data`; the names of its columns are its parameter `names`.
    static func decode(
        _ reader: inout JSONReader,
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var tensor: NamedTensor?
        var id: String?
        try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading("the message", { () throws(JSONError) in try reader.nextKey() })
        {
            switch key {
            case "data": tensor = try readData(&reader, limits)
            case "meta":
                let meta = try OpenInferenceError.reading("\"meta\"") { () throws(JSONError) in try reader.readValue() }
                id = meta["puid"]?.string
            case "strData", "binData", "jsonData", "customData":
                throw OpenInferenceError(.unknownDialect, "Seldon's \(key)", remedy: "Send data as ndarray or tensor")
            default: try OpenInferenceError.reading("\"\(key)\"") { () throws(JSONError) in _ = try reader.skipValue() }
            }
        }
        try OpenInferenceError.reading("the message") { () throws(JSONError) in try reader.finish() }
        guard let tensor else {
            throw OpenInferenceError(.missingField, "the message has no data", remedy: "Send data as ndarray or tensor")
        }
        return Payload(dialect: .seldon, role: role, tensors: [tensor], id: id)
    }

    private static func readData(_ reader: inout JSONReader, _ limits: PayloadLimits) throws(OpenInferenceError)
        -> NamedTensor
    {
        var tensor: AnyTensor?
        var parameters: JSONObject = [:]
        try OpenInferenceError.reading("\"data\"") { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading("\"data\"", { () throws(JSONError) in try reader.nextKey() }) {
            switch key {
            case "ndarray": tensor = try UntypedArray.read(&reader, "\"data.ndarray\"", limits)
            case "tensor": tensor = try readTensor(&reader, limits)
            case "names":
                parameters["names"] = try OpenInferenceError.reading("\"data.names\"") { () throws(JSONError) in
                    try reader.readValue()
                }
            case "tftensor":
                throw OpenInferenceError(.unknownDialect, "Seldon's tftensor", remedy: "Send data as ndarray or tensor")
            default: try OpenInferenceError.reading("\"data\"") { () throws(JSONError) in _ = try reader.skipValue() }
            }
        }
        guard let tensor else {
            throw OpenInferenceError(.missingField, "data has neither ndarray nor tensor", remedy: "Send one of them")
        }
        return NamedTensor(name: "data", tensor: tensor, parameters: parameters)
    }

    private static func readTensor(_ reader: inout JSONReader, _ limits: PayloadLimits) throws(OpenInferenceError)
        -> AnyTensor
    {
        var shape: [Int]?
        var values: AnyTensor?
        try OpenInferenceError.reading("\"data.tensor\"") { () throws(JSONError) in try reader.beginObject() }
        while let key = try OpenInferenceError.reading(
            "\"data.tensor\"",
            { () throws(JSONError) in try reader.nextKey() }
        ) {
            switch key {
            case "shape":
                shape = try OpenInferenceError.reading("\"data.tensor.shape\"") { () throws(JSONError) in
                    try reader.readArray(of: Int64.self).elements.map { Int($0) }
                }
            case "values": values = try UntypedArray.read(&reader, "\"data.tensor.values\"", limits)
            default:
                try OpenInferenceError.reading("\"data.tensor\"") { () throws(JSONError) in _ = try reader.skipValue() }
            }
        }
        guard let shape, let values else {
            throw OpenInferenceError(.missingField, "data.tensor has no shape or no values", remedy: "Send both")
        }
        do throws(TensorError) {
            return try values.reshaped(shape)
        } catch {
            throw OpenInferenceError(tensor: error, in: "\"data.tensor\"")
        }
    }
}
