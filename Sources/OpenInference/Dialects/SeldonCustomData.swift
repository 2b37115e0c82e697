import CloudEvents
import JSON
import Tensors

/// Seldon's `customData` in JSON: what protobuf makes of an `Any`, or whatever object a Python client sends.
///
/// | `@type` | is |
/// | --- | --- |
/// | `google.protobuf.Value`, `Struct`, `ListValue` | as `jsonData`, of their member `value` |
/// | `google.protobuf.BytesValue` | one element of BYTES |
/// | the other wrappers | one element: a text, a number, a truth value; 64-bit integers are strings in JSON |
/// | `tensorflow.TensorProto` | a tensor |
/// | any other, or none | as `jsonData`: an object of arrays is a tensor for each, anything else its text |
///
/// In gRPC, where a message of an unknown type is bytes that only its model knows, such a body is refused; see
/// ``SeldonMessage``.
enum SeldonCustomData {
    private static let name = "customData"
    private static let place = "\"customData\""

    /// Reads one.
    static func read(
        _ reader: inout JSONReader,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        guard try reader.peek(place) == .object else { return try SeldonPayload.readJSON(&reader, name, limits) }
        var ahead = reader
        var type: String?
        var value: JSONReader?
        try ahead.readMembers(place) { key, reader throws(OpenInferenceError) in
            if key == "@type", type == nil {
                type = try reader.readString("\(place), \"@type\"")
            } else {
                if key == "value", value == nil { value = reader }
                try reader.skip(place)
            }
        }
        guard let type, let kind = WellKnownJSON.Kind(rawValue: String(type.split(separator: "/").last ?? "")) else {
            return try SeldonPayload.readJSON(&reader, name, limits, passingOver: "@type")
        }
        if kind == .tensorProto {
            return [NamedTensor(name: name, tensor: try TensorProto.read(&reader, place, limits))]
        }
        reader = ahead
        guard var value else {
            throw OpenInferenceError(
                .missingField,
                "\(place) of type \(kind.rawValue) has no \"value\"",
                remedy: "Send its value"
            )
        }
        switch kind {
        case .value, .structure, .listValue: return try SeldonPayload.readJSON(&value, name, limits)
        case .bytes:
            let bytes = try Base64Object.decode(&value, place)
            return [NamedTensor(name: name, tensor: .bytes(shape: [1], values: [bytes]))]
        case .int64: return [try integer(&value, AnyTensor.int64)]
        case .uint64: return [try integer(&value, AnyTensor.uint64)]
        default:
            let element = try UntypedArray.read(&value, place, limits)
            do throws(TensorError) {
                return [NamedTensor(name: name, tensor: try element.reshaped([1]))]
            } catch {
                throw OpenInferenceError(tensor: error, in: place)
            }
        }
    }

    /// Which message everybody knows the next value is; nil for any other and for what is none.
    static func kind(of start: JSONReader) -> WellKnownJSON.Kind? {
        var reader = start
        let type =
            (try? { () throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if key == "@type" { return try reader.readString() }
                    try reader.skipValue()
                }
                return nil
            }()) ?? nil
        return type.flatMap { WellKnownJSON.Kind(rawValue: String($0.split(separator: "/").last ?? "")) }
    }

    private static func integer<Integer: FixedWidthInteger & TensorElement>(
        _ reader: inout JSONReader,
        _ tensor: (Tensor<Integer>) -> AnyTensor
    ) throws(OpenInferenceError) -> NamedTensor {
        let number: Integer? =
            try reader.peek(place) == .string
            ? Integer(try reader.readString(place))
            : try OpenInferenceError.reading(place) { () throws(JSONError) in try reader.readInteger(as: Integer.self) }
        guard let number else {
            throw OpenInferenceError(.value, "\(place) is no \(Integer.self)", remedy: "Send a whole number")
        }
        return NamedTensor(name: name, tensor: tensor(Tensor(shape: [1], repeating: number)))
    }
}
