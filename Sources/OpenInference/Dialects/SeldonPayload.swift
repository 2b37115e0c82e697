import CloudEvents
import JSON
import Tensors

/// Seldon Core's protocol, version 1: `data` as `ndarray`, `tensor` or `tftensor`, or `strData`, `binData`, `jsonData`,
/// `customData`.
struct SeldonPayload {
    private let limits: PayloadLimits
    private var tensors: [NamedTensor]?
    private var id: String?

    private init(limits: PayloadLimits) {
        self.limits = limits
    }

    /// Reads the body's tensors.
    ///
    /// Arrays are named `data` and have the names of their columns as the parameter `names`; an `ndarray` whose rows hold
    /// unlike values is a tensor for each column, by these names. `strData` and `binData` are one element of BYTES by
    /// their own name, and so is `jsonData` unless it is an array or an object of arrays.
    static func decode(
        _ reader: inout JSONReader,
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var payload = SeldonPayload(limits: limits)
        try reader.readMembers("the message") { key, reader throws(OpenInferenceError) in
            switch key {
            case "data": try payload.take(payload.readData(&reader))
            case "strData":
                let text = try OpenInferenceError.reading("\"strData\"") { () throws(JSONError) in
                    try reader.readStringBytes()
                }
                try payload.take([NamedTensor(name: key, tensor: .bytes(shape: [1], values: [text]))])
            case "binData":
                let bytes = try Base64Object.decode(&reader, "\"binData\"")
                try payload.take([NamedTensor(name: key, tensor: .bytes(shape: [1], values: [bytes]))])
            case "jsonData": try payload.take(readJSON(&reader, "jsonData", limits))
            case "customData": try payload.take(SeldonCustomData.read(&reader, limits))
            case "meta": payload.id = try reader.readTree("\"meta\"", limits)["puid"]?.string
            default: try reader.skip("\"\(key.prefix(64))\"")
            }
        }
        try reader.finish("the message")
        guard let tensors = payload.tensors else {
            throw OpenInferenceError(.missingField, "the message has no data", remedy: "Send data as ndarray or tensor")
        }
        return Payload(dialect: .seldon, role: role, tensors: tensors, id: payload.id)
    }

    private mutating func take(_ read: [NamedTensor]) throws(OpenInferenceError) {
        guard tensors == nil else {
            throw OpenInferenceError(.malformed, "the message has data in two forms", remedy: "Send one of them")
        }
        tensors = read
    }

    // MARK: jsonData

    /// Arrays and tables as tensors, anything else as its text.
    ///
    /// - Parameter passedOver: A member that is no column.
    static func readJSON(
        _ reader: inout JSONReader,
        _ name: String,
        _ limits: PayloadLimits,
        passingOver passedOver: String? = nil
    ) throws(OpenInferenceError) -> [NamedTensor] {
        let start = reader
        let table = UntypedTable(place: "\"\(name)\"", limits: limits, passedOver: passedOver)
        let kind = try reader.peek("\"\(name)\"")
        if kind == .array || kind == .object, let tensors = try? table.read(&reader, name: name) {
            return tensors
        }
        reader = start
        let text = try OpenInferenceError.reading("\"\(name)\"") { () throws(JSONError) in
            if try reader.peek() == .string { return try reader.readStringBytes() }
            let range = try reader.skipValue()
            return reader.text(of: range)
        }
        return [NamedTensor(name: name, tensor: .bytes(shape: [1], values: [text]))]
    }

    // MARK: data

    private func readData(_ reader: inout JSONReader) throws(OpenInferenceError) -> [NamedTensor] {
        var array: JSONReader?
        var tensor: AnyTensor?
        var names: JSONValue?
        try reader.readMembers("\"data\"") { key, reader throws(OpenInferenceError) in
            switch key {
            case "names": names = try reader.readTree("\"data.names\"", limits)
            case "ndarray", "tensor", "tftensor":
                guard array == nil, tensor == nil else {
                    throw OpenInferenceError(.malformed, "data has two forms", remedy: "Send one of them")
                }
                switch key {
                case "tensor": tensor = try readTensor(&reader)
                case "tftensor": tensor = try TensorProto.read(&reader, "\"data.tftensor\"", limits)
                default:
                    let start = reader
                    tensor = try? UntypedArray.read(&reader, "\"data.ndarray\"", limits)
                    if tensor == nil {
                        // Rows of unlike values, or a fault: read once the names of the columns are known.
                        reader = start
                        array = start
                        try reader.skip("\"data.ndarray\"")
                    }
                }
            default: try reader.skip("\"data.\(key.prefix(64))\"")
            }
        }
        var parameters: JSONObject = [:]
        if let names, names != .null { parameters["names"] = names }
        if let tensor { return [NamedTensor(name: "data", tensor: tensor, parameters: parameters)] }
        guard var array else {
            throw OpenInferenceError(
                .missingField,
                "data has neither ndarray nor tensor nor tftensor",
                remedy: "Send one of them"
            )
        }
        let columns = names?.array.map { $0.map { $0.string ?? $0.text } }.flatMap { $0.isEmpty ? nil : $0 }
        let table = UntypedTable(place: "\"data.ndarray\"", limits: limits)
        var tensors = try table.read(&array, name: "data", columns: columns)
        if tensors.count == 1, tensors[0].name == "data" { tensors[0].parameters = parameters }
        return tensors
    }

    private func readTensor(_ reader: inout JSONReader) throws(OpenInferenceError) -> AnyTensor {
        var shape: [Int]?
        var values: AnyTensor?
        try reader.readMembers("\"data.tensor\"") { key, reader throws(OpenInferenceError) in
            switch key {
            case "shape":
                shape = try OpenInferenceError.reading("\"data.tensor.shape\"") { () throws(JSONError) in
                    try reader.readArray(of: Int64.self, limit: limits.axes).elements.map { Int($0) }
                }
            case "values": values = try UntypedArray.read(&reader, "\"data.tensor.values\"", limits)
            default: try reader.skip("\"data.tensor\"")
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
