/// The fields of one protobuf message, one after the other, without a schema.
///
/// Source: protobuf.dev, "Encoding".
struct ProtobufFields {
    /// A field: its number, and its bytes where it has any of its own (a text, a message, packed numbers).
    struct Field {
        let number: Int
        let content: UnsafeRawBufferPointer?
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var isBroken = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether everything was read, and nothing of it was malformed.
    var isAtEnd: Bool { !isBroken && position == bytes.count }

    /// The next field; nil at the end, and where the bytes are no field any more.
    mutating func next() -> Field? {
        guard !isBroken, position < bytes.count else { return nil }
        guard let key = varint(), key >> 3 > 0, key >> 3 <= 536_870_911 else { return broken() }
        let number = Int(key >> 3)
        switch key & 7 {
        case 0:
            guard varint() != nil else { return broken() }
        case 1:
            guard skip(8) else { return broken() }
        case 2:
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return broken() }
            let content = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
            position += Int(length)
            return Field(number: number, content: content)
        case 5:
            guard skip(4) else { return broken() }
        default:
            return broken()  // groups, which the format does not use
        }
        return Field(number: number, content: nil)
    }

    private mutating func broken() -> Field? {
        isBroken = true
        return nil
    }

    private mutating func skip(_ length: Int) -> Bool {
        guard bytes.count - position >= length else { return false }
        position += length
        return true
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
