/// A cursor over the fields of one protobuf message: varints, fixed widths and lengths, nothing of any schema.
///
/// It does not own the bytes, which must outlive it. Source: protobuf.dev, "Encoding".
package struct ProtobufReader {
    /// How the value of a field is written.
    package enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A string, bytes, a message, or packed numbers.
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// What is read, for messages.
    let place: String

    package init(_ bytes: UnsafeRawBufferPointer, place: String) {
        self.bytes = bytes
        self.place = place
    }

    /// Whether all has been read.
    package var isAtEnd: Bool { position == bytes.count }

    /// What has not been read.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    /// The next field, nil at the end.
    ///
    /// - Throws: `.malformed` for bytes that are no field: cut short, a group, the number 0.
    package mutating func next() throws(OpenInferenceError) -> (number: Int, value: Value)? {
        guard position < bytes.count else { return nil }
        let key = try readVarint()
        let number = Int(truncatingIfNeeded: key >> 3)
        guard number > 0, number < 1 << 29 else { throw fault("a field of number \(key >> 3)") }
        switch key & 7 {
        case 0: return (number, .varint(try readVarint()))
        case 1: return (number, .fixed64(UInt64(littleEndian: try read(UInt64.self))))
        case 2:
            let length = try readVarint()
            guard length <= UInt64(bytes.count - position) else {
                throw fault("field \(number) has \(length) bytes and \(bytes.count - position) are left")
            }
            let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
            position += Int(length)
            return (number, .bytes(part))
        case 5: return (number, .fixed32(UInt32(littleEndian: try read(UInt32.self))))
        default: throw fault("field \(number) is of wire type \(key & 7)")
        }
    }

    /// A number in groups of seven bits, the lowest first.
    package mutating func readVarint() throws(OpenInferenceError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw fault("a number that does not end")
    }

    private mutating func read<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(OpenInferenceError) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard bytes.count - position >= size else { throw fault("a number that does not end") }
        defer { position += size }
        return bytes.loadUnaligned(fromByteOffset: position, as: type)
    }

    private func fault(_ what: String) -> OpenInferenceError {
        OpenInferenceError(
            .malformed,
            "\(place): \(what), at byte \(position) of the message",
            remedy: "Send a protobuf message of the Open Inference Protocol"
        )
    }

    /// The value as text.
    package static func text(_ value: Value, _ place: String) throws(OpenInferenceError) -> String {
        guard case .bytes(let bytes) = value, let text = String(validating: bytes, as: UTF8.self) else {
            throw OpenInferenceError(.malformed, "\(place) is no text in UTF-8", remedy: "Send text in UTF-8")
        }
        return text
    }

    /// The value as the fields of a message.
    package static func message(_ value: Value, _ place: String) throws(OpenInferenceError) -> ProtobufReader {
        guard case .bytes(let bytes) = value else {
            throw OpenInferenceError(.malformed, "\(place) is no message", remedy: "Send a message")
        }
        return ProtobufReader(bytes, place: place)
    }
}
