import CloudEvents
import JSON
import Tensors

/// Seldon Core's `SeldonMessage`, version 1, as gRPC carries it.
///
/// | field | what |
/// | --- | --- |
/// | 2 | meta: puid 1 |
/// | 3 | data: names 1, tensor 2 (shape 1, values 2), ndarray 3, tftensor 4 |
/// | 4, 5, 6, 7 | binData, strData, jsonData, customData |
///
/// A `tensor` is read where it lies. The other forms are written as the JSON that protobuf has for them, and read by the
/// rules of ``SeldonPayload``, so that a message means the same by whichever way it came.
///
/// Source: github.com/SeldonIO/seldon-core, proto/prediction.proto.
enum SeldonMessage {
    /// Whether a body at `path` is one, in both directions.
    static func isCarried(at path: String?) -> Bool {
        guard let path, path.hasPrefix("/seldon.protos."), let method = path.split(separator: "/").last else {
            return false
        }
        return ["Predict", "TransformInput", "TransformOutput"].contains(method)
    }

    /// Reads a body: one message behind gRPC's five bytes.
    static func decode(
        _ body: [UInt8],
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        let messages = try GRPCFrames.messages(in: body, limits)
        guard let message = messages.first, messages.count == 1 else {
            throw OpenInferenceError(.malformed, "\(messages.count) messages of Seldon's", remedy: "Send one a call")
        }
        return try message.withRawBytes { bytes throws(OpenInferenceError) in try decode(bytes, role: role, limits) }
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer,
        role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        var reader = ProtobufReader(bytes, place: "the message")
        var id: String?
        var payload: Payload?
        while let (number, value) = try reader.next() {
            switch number {
            case 2:
                var meta = try ProtobufReader.message(value, "meta")
                while let (number, value) = try meta.next() {
                    guard number == 1 else { continue }
                    let puid = try ProtobufReader.text(value, "meta.puid")
                    if !puid.isEmpty { id = puid }
                }
            case 3...7:
                // Of several members of a oneof the last counts (protobuf.dev, "Encoding").
                payload = try decode(number, value, role, limits)
            default: break
            }
        }
        guard var payload else {
            throw OpenInferenceError(.missingField, "the message has no data", remedy: "Send data as ndarray or tensor")
        }
        payload.id = id
        return payload
    }

    private static func decode(
        _ field: Int,
        _ value: ProtobufReader.Value,
        _ role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> Payload {
        func payload(_ tensors: [NamedTensor]) -> Payload { Payload(dialect: .seldon, role: role, tensors: tensors) }
        switch (field, value) {
        case (3, _): return try payload(data(value, limits))
        case (4, .bytes(let bytes)):
            return payload([NamedTensor(name: "binData", tensor: .bytes(shape: [1], values: [[UInt8](bytes)]))])
        case (5, _):
            let text = try ProtobufReader.text(value, "strData")
            return payload([NamedTensor(name: "strData", tensor: .bytes(shape: [1], values: [Array(text.utf8)]))])
        case (6, _):
            return try payload(
                tensors(limits) { writer throws(OpenInferenceError) in
                    writer.key("jsonData")
                    try WellKnownJSON.write(.value, value, to: &writer)
                }
            )
        default: return try payload(custom(value, role, limits))
        }
    }

    /// Reads what stands in a JSON object of that one member.
    private static func tensors(
        _ limits: PayloadLimits,
        _ write: (inout JSONWriter) throws(OpenInferenceError) -> Void
    ) throws(OpenInferenceError) -> [NamedTensor] {
        var writer = JSONWriter()
        writer.beginObject()
        try write(&writer)
        writer.endObject()
        return try writer.bytes.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            return try SeldonPayload.decode(&reader, role: .request, limits).tensors
        }
    }

    // MARK: data

    private static func data(
        _ value: ProtobufReader.Value,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        var names: [String] = []
        var form: (number: Int, value: ProtobufReader.Value)?
        var reader = try ProtobufReader.message(value, "data")
        while let (number, value) = try reader.next() {
            switch number {
            case 1: names.append(try ProtobufReader.text(value, "data.names"))
            case 2...4: form = (number, value)
            default: break
            }
        }
        if let form, form.number == 2 {
            var parameters: JSONObject = [:]
            if !names.isEmpty { parameters["names"] = .array(names.map { .string($0) }) }
            return [NamedTensor(name: "data", tensor: try tensor(form.value, limits), parameters: parameters)]
        }
        return try tensors(limits) { writer throws(OpenInferenceError) in
            writer.key("data")
            writer.beginObject()
            if !names.isEmpty {
                writer.key("names")
                writer.value(names)
            }
            if let form {
                writer.key(form.number == 3 ? "ndarray" : "tftensor")
                try WellKnownJSON.write(form.number == 3 ? .listValue : .tensorProto, form.value, to: &writer)
            }
            writer.endObject()
        }
    }

    /// `Tensor`: shape 1, values 2, both packed or one by one.
    private static func tensor(
        _ value: ProtobufReader.Value,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> AnyTensor {
        var shape: [Int] = []
        var values: [Double] = []
        var reader = try ProtobufReader.message(value, "data.tensor")
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .varint(let size)): shape.append(Int(Int32(truncatingIfNeeded: size)))
            case (1, .bytes(let packed)):
                var sizes = ProtobufReader(packed, place: "data.tensor.shape")
                while !sizes.isAtEnd, shape.count <= limits.axes {
                    shape.append(Int(Int32(truncatingIfNeeded: try sizes.readVarint())))
                }
            case (2, .fixed64(let bits)): values.append(Double(bitPattern: bits))
            case (2, .bytes(let packed)):
                guard packed.count % 8 == 0, packed.count <= limits.tensorBytes else {
                    throw OpenInferenceError(
                        .sizeMismatch,
                        "data.tensor.values has \(packed.count) bytes",
                        remedy: "Send doubles of eight bytes, at most \(limits.tensorBytes) bytes of them"
                    )
                }
                values.reserveCapacity(values.count + packed.count / 8)
                for offset in stride(from: 0, to: packed.count, by: 8) {
                    let bits = packed.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    values.append(Double(bitPattern: UInt64(littleEndian: bits)))
                }
            default: break
            }
        }
        guard shape.count <= limits.axes else {
            throw OpenInferenceError(
                .shapeMismatch,
                "data.tensor has more than \(limits.axes) axes",
                remedy: "Send at most \(limits.axes) axes"
            )
        }
        do throws(TensorError) {
            return .float64(try Tensor(shape: shape, elements: values))
        } catch {
            throw OpenInferenceError(tensor: error, in: "data.tensor")
        }
    }

    // MARK: customData

    /// A `google.protobuf.Any`, type_url 1 and value 2: known are protobuf's own values, TensorFlow's tensor, and the
    /// messages of the Open Inference Protocol.
    private static func custom(
        _ value: ProtobufReader.Value,
        _ role: Payload.Role,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) -> [NamedTensor] {
        var type = ""
        var content = ProtobufReader.Value.bytes(UnsafeRawBufferPointer(start: nil, count: 0))
        var reader = try ProtobufReader.message(value, "customData")
        while let (number, value) = try reader.next() {
            switch number {
            case 1: type = try ProtobufReader.text(value, "customData.type_url")
            case 2: content = value
            default: break
            }
        }
        let name = String(type.split(separator: "/").last ?? "")
        if name == "inference.ModelInferRequest" || name == "inference.ModelInferResponse" {
            let inner = try ProtobufReader.message(content, "customData")
            return try InferMessage(
                decoding: inner.rest,
                role: name.hasSuffix("Request") ? .request : .response,
                limits
            ).tensors
        }
        guard let kind = WellKnownJSON.Kind(rawValue: name) else {
            throw OpenInferenceError(
                .datatype,
                "Seldon's customData of type \(type.prefix(128)), whose form only its model knows",
                remedy: "Send data, strData, binData or jsonData, or customData of \(WellKnownJSON.names)"
            )
        }
        return try tensors(limits) { writer throws(OpenInferenceError) in
            writer.key("customData")
            try WellKnownJSON.writeAny(kind, type, content, to: &writer)
        }
    }
}
