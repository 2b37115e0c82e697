import JSON

/// Appends the fields of one protobuf message: varints, fixed widths and lengths, nothing of any schema.
///
/// Zeros, empty text and `false` are left out, as the third version of the language has it; a member of a `oneof` is
/// written by the functions that write always. Source: protobuf.dev, "Encoding".
package struct ProtobufWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8]

    /// A writer whose message begins behind `prefix` zeros, which the caller fills.
    package init(prefix: Int = 0, reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(prefix + capacity)
        for _ in 0..<prefix { bytes.append(0) }
    }

    /// Writes an unsigned number that is not 0.
    package mutating func unsigned(_ field: Int, _ value: UInt64) {
        if value != 0 { always(field, unsigned: value) }
    }

    /// Writes a signed number that is not 0, negative ones in ten bytes.
    package mutating func signed(_ field: Int, _ value: Int64) {
        unsigned(field, UInt64(bitPattern: value))
    }

    /// Writes `true`.
    package mutating func flag(_ field: Int, _ value: Bool) {
        if value { always(field, unsigned: 1) }
    }

    /// Writes text that is not empty.
    package mutating func text(_ field: Int, _ value: String) {
        if !value.isEmpty { always(field, text: value) }
    }

    /// Writes each text, empty ones too.
    package mutating func texts(_ field: Int, _ values: [String]) {
        for value in values { always(field, text: value) }
    }

    /// Writes an unsigned number, 0 too.
    package mutating func always(_ field: Int, unsigned value: UInt64) {
        key(field, wireType: 0)
        varint(value)
    }

    /// Writes a number of eight bytes, 0 too.
    package mutating func always(_ field: Int, double value: Double) {
        key(field, wireType: 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes a number of four bytes, 0 too.
    package mutating func always(_ field: Int, fixed32 value: UInt32) {
        key(field, wireType: 5)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes text, empty text too.
    package mutating func always(_ field: Int, text value: String) {
        begin(field, length: value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// Writes a message, an empty one too.
    package mutating func message(_ field: Int, _ write: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        write(&message)
        begin(field, length: message.bytes.count)
        bytes.append(contentsOf: message.bytes)
    }

    /// Writes a message that is there already.
    package mutating func message(_ field: Int, bytes message: some Collection<UInt8>) {
        begin(field, length: message.count)
        bytes.append(contentsOf: message)
    }

    /// Writes one entry of a map with text as its keys.
    package mutating func entry(_ field: Int, _ key: String, _ write: (inout ProtobufWriter) -> Void) {
        message(field) { entry in
            entry.text(1, key)
            entry.message(2, write)
        }
    }

    /// Writes signed numbers side by side.
    package mutating func packed(_ field: Int, _ values: [Int]) {
        guard !values.isEmpty else { return }
        begin(field, length: values.reduce(0) { $0 + Self.length(ofVarint: UInt64(bitPattern: Int64($1))) })
        for value in values { varint(UInt64(bitPattern: Int64(value))) }
    }

    /// Begins a field of `length` bytes, which the caller appends.
    mutating func begin(_ field: Int, length: Int) {
        key(field, wireType: 2)
        varint(UInt64(length))
    }

    /// Appends bytes to the field that was begun.
    mutating func append(_ body: (inout [UInt8]) -> Void) { body(&bytes) }

    /// Appends a number in groups of seven bits.
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// How many bytes a number takes.
    static func length(ofVarint value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }

    /// Writes a big-endian number over what stands at `offset`, as the prefix of a gRPC message has its length.
    package mutating func overwrite(at offset: Int, with value: UInt32) {
        for place in 0..<4 { bytes[offset + place] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(place))) }
    }

    private mutating func key(_ field: Int, wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }
}
