import CloudEvents
import JSON

/// Writes protobuf messages that everybody knows as the JSON that protobuf has for them.
///
/// Source: protobuf.dev, "ProtoJSON Format"; `google/protobuf/struct.proto`, `wrappers.proto`;
/// `tensorflow/core/framework/tensor.proto`. Of numbers NaN and the infinities are written as bare tokens, which our
/// reader takes.
enum WellKnownJSON {
    /// A message by its full name.
    enum Kind: String, CaseIterable {
        case value = "google.protobuf.Value"
        case structure = "google.protobuf.Struct"
        case listValue = "google.protobuf.ListValue"
        case string = "google.protobuf.StringValue"
        case bytes = "google.protobuf.BytesValue"
        case bool = "google.protobuf.BoolValue"
        case double = "google.protobuf.DoubleValue"
        case float = "google.protobuf.FloatValue"
        case int32 = "google.protobuf.Int32Value"
        case int64 = "google.protobuf.Int64Value"
        case uint32 = "google.protobuf.UInt32Value"
        case uint64 = "google.protobuf.UInt64Value"
        case tensorProto = "tensorflow.TensorProto"
    }

    /// The messages that are known, for people.
    static let names = "google.protobuf.Value, Struct, ListValue or one of its wrappers, or tensorflow.TensorProto"

    /// Lists in lists and structs in structs go no deeper.
    private static let mostLevels = 64

    /// Writes what an `Any` holds: `{"@type": …, "value": …}`, for a message of its own members `{"@type": …, members}`.
    static func writeAny(
        _ kind: Kind,
        _ type: String,
        _ value: ProtobufReader.Value,
        to writer: inout JSONWriter
    ) throws(OpenInferenceError) {
        writer.beginObject()
        writer.key("@type")
        writer.value(type)
        if kind == .tensorProto {
            try writeMembers(ofTensor: value, to: &writer)
        } else {
            writer.key("value")
            try write(kind, value, to: &writer)
        }
        writer.endObject()
    }

    /// Writes one message.
    static func write(
        _ kind: Kind,
        _ value: ProtobufReader.Value,
        to writer: inout JSONWriter,
        level: Int = 0
    ) throws(OpenInferenceError) {
        guard level < mostLevels else {
            throw OpenInferenceError(
                .tooLarge,
                "values in more than \(mostLevels) levels",
                remedy: "Send values that are nested less"
            )
        }
        var reader = try ProtobufReader.message(value, kind.rawValue)
        switch kind {
        case .value:
            var last: (number: Int, value: ProtobufReader.Value)?
            while let field = try reader.next() { last = field }
            try write(member: last, to: &writer, level: level)
        case .listValue:
            writer.beginArray()
            while let (number, value) = try reader.next() {
                if number == 1 { try write(.value, value, to: &writer, level: level + 1) }
            }
            writer.endArray()
        case .structure:
            writer.beginObject()
            while let (number, value) = try reader.next() {
                if number == 1 { try writeMember(value, to: &writer, level: level + 1) }
            }
            writer.endObject()
        case .tensorProto:
            writer.beginObject()
            try writeMembers(ofTensor: value, to: &writer)
            writer.endObject()
        default:
            var last: ProtobufReader.Value?
            while let (number, value) = try reader.next() { if number == 1 { last = value } }
            try write(wrapped: last, kind, to: &writer)
        }
    }

    /// A member of a `Value`: null 1, number 2, string 3, bool 4, struct 5, list 6.
    private static func write(
        member: (number: Int, value: ProtobufReader.Value)?,
        to writer: inout JSONWriter,
        level: Int
    ) throws(OpenInferenceError) {
        switch (member?.number, member?.value) {
        case (2, .fixed64(let bits)?): writer.token(Double(bitPattern: bits))
        case (3, let value?): writer.value(try ProtobufReader.text(value, "string_value"))
        case (4, .varint(let flag)?): writer.value(flag != 0)
        case (5, let value?): try write(.structure, value, to: &writer, level: level + 1)
        case (6, let value?): try write(.listValue, value, to: &writer, level: level + 1)
        default: writer.null()
        }
    }

    /// An entry of a struct: key 1, value 2.
    private static func writeMember(
        _ value: ProtobufReader.Value,
        to writer: inout JSONWriter,
        level: Int
    ) throws(OpenInferenceError) {
        var reader = try ProtobufReader.message(value, "fields")
        var key = ""
        var content = ProtobufReader.Value.bytes(UnsafeRawBufferPointer(start: nil, count: 0))
        while let (number, value) = try reader.next() {
            if number == 1 { key = try ProtobufReader.text(value, "key") }
            if number == 2 { content = value }
        }
        writer.key(key)
        try write(.value, content, to: &writer, level: level)
    }

    /// The value of a wrapper, whose default is left out on the wire.
    private static func write(
        wrapped value: ProtobufReader.Value?,
        _ kind: Kind,
        to writer: inout JSONWriter
    ) throws(OpenInferenceError) {
        switch (kind, value) {
        case (.string, nil), (.bytes, nil): writer.value("")
        case (.bool, nil): writer.value(false)
        case (_, nil): writer.value(0)
        case (.string, let value?): writer.value(try ProtobufReader.text(value, kind.rawValue))
        case (.bytes, .bytes(let bytes)?): writer.value(Base64.encode([UInt8](bytes)))
        case (.bool, .varint(let flag)?): writer.value(flag != 0)
        case (.double, .fixed64(let bits)?): writer.token(Double(bitPattern: bits))
        case (.float, .fixed32(let bits)?): writer.token(Double(Float(bitPattern: bits)))
        case (.int32, .varint(let bits)?): writer.value(Int32(truncatingIfNeeded: bits))
        case (.uint32, .varint(let bits)?): writer.value(UInt32(truncatingIfNeeded: bits))
        case (.int64, .varint(let bits)?): writer.value(String(Int64(bitPattern: bits)))
        case (.uint64, .varint(let bits)?): writer.value(String(bits))
        default:
            throw OpenInferenceError(.malformed, "\(kind.rawValue) of another wire type", remedy: "Send its value")
        }
    }

    // MARK: TensorProto

    /// dtype 1, tensor_shape 2, tensor_content 4, and the lists of values.
    private static func writeMembers(
        ofTensor value: ProtobufReader.Value,
        to writer: inout JSONWriter
    ) throws(OpenInferenceError) {
        var reader = try ProtobufReader.message(value, "tftensor")
        var lists: [(name: String, kind: ProtobufList.Kind, parts: [ProtobufReader.Value])] = tensorLists.map {
            ($0.name, $0.kind, [])
        }
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .varint(let type)):
                writer.key("dtype")
                writer.value(type)
            case (2, _): try writeShape(value, to: &writer)
            case (4, .bytes(let content)):
                guard !content.isEmpty else { continue }
                writer.key("tensorContent")
                writer.value(Base64.encode([UInt8](content)))
            default:
                if let index = tensorLists.firstIndex(where: { $0.field == number }) {
                    lists[index].parts.append(value)
                }
            }
        }
        for (name, kind, parts) in lists where !parts.isEmpty {
            writer.key(name)
            try ProtobufList.write(parts, kind, to: &writer)
        }
    }

    private static let tensorLists: [(field: Int, name: String, kind: ProtobufList.Kind)] = [
        (5, "floatVal", .float), (6, "doubleVal", .double), (7, "intVal", .int), (8, "stringVal", .bytes),
        (10, "int64Val", .long), (11, "boolVal", .bool), (13, "halfVal", .int), (16, "uint32Val", .int),
        (17, "uint64Val", .unsignedLong),
    ]

    /// dim 2, of which size 1.
    private static func writeShape(
        _ value: ProtobufReader.Value,
        to writer: inout JSONWriter
    ) throws(OpenInferenceError) {
        var reader = try ProtobufReader.message(value, "tensor_shape")
        writer.key("tensorShape")
        writer.beginObject()
        writer.key("dim")
        writer.beginArray()
        while let (number, value) = try reader.next() {
            guard number == 2 else { continue }
            var size: UInt64 = 0
            var dimension = try ProtobufReader.message(value, "dim")
            while let (number, value) = try dimension.next() {
                if number == 1, case .varint(let bits) = value { size = bits }
            }
            writer.beginObject()
            writer.key("size")
            writer.value(Int64(bitPattern: size))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

/// A repeated field of numbers or bytes, packed or one by one.
private enum ProtobufList {
    /// 64-bit integers are strings in JSON, where a number is a double to many.
    enum Kind { case float, double, int, long, unsignedLong, bool, bytes }

    static func write(
        _ parts: [ProtobufReader.Value],
        _ kind: Kind,
        to writer: inout JSONWriter
    ) throws(OpenInferenceError) {
        writer.beginArray()
        for part in parts {
            switch (kind, part) {
            case (.bytes, .bytes(let bytes)): writer.value(Base64.encode([UInt8](bytes)))
            case (.float, .fixed32(let bits)): writer.token(Double(Float(bitPattern: bits)))
            case (.double, .fixed64(let bits)): writer.token(Double(bitPattern: bits))
            case (_, .varint(let bits)): write(bits, kind, to: &writer)
            case (.float, .bytes(let packed)) where packed.count % 4 == 0:
                for offset in stride(from: 0, to: packed.count, by: 4) {
                    let bits = packed.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    writer.token(Double(Float(bitPattern: UInt32(littleEndian: bits))))
                }
            case (.double, .bytes(let packed)) where packed.count % 8 == 0:
                for offset in stride(from: 0, to: packed.count, by: 8) {
                    let bits = packed.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    writer.token(Double(bitPattern: UInt64(littleEndian: bits)))
                }
            case (.int, .bytes(let packed)), (.long, .bytes(let packed)), (.unsignedLong, .bytes(let packed)),
                (.bool, .bytes(let packed)):
                var numbers = ProtobufReader(packed, place: "values")
                while !numbers.isAtEnd { write(try numbers.readVarint(), kind, to: &writer) }
            default:
                throw OpenInferenceError(.malformed, "a list of another wire type", remedy: "Send a TensorProto")
            }
        }
        writer.endArray()
    }

    private static func write(_ bits: UInt64, _ kind: Kind, to writer: inout JSONWriter) {
        switch kind {
        case .bool: writer.value(bits != 0)
        case .long: writer.value(String(Int64(bitPattern: bits)))
        case .unsignedLong: writer.value(String(bits))
        default: writer.value(Int64(bitPattern: bits))
        }
    }
}

extension JSONWriter {
    /// Writes a number, NaN and the infinities as bare tokens.
    fileprivate mutating func token(_ number: Double) {
        if number.isFinite {
            value(number)
        } else {
            raw((number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity").utf8)
        }
    }
}
