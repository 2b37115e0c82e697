/// The bytes of a segment: a header, then records, all little-endian.
///
/// | part | bytes | fields |
/// | --- | --- | --- |
/// | header | 40 | magic `VEDJRNL\n` 8, format version 4, zero 4, first position 8, created at (ns since 1970) 8, checksum of these 8 |
/// | record | 32 + payload | checksum of what follows 8, payload length 4, kind 1, zero 3, position 8, received at (ns) 8, payload |
enum SegmentFormat {
    /// The only version that this build writes and reads.
    static let version: UInt32 = 1
    static let headerBytes = 40
    static let recordHeaderBytes = 32
    private static let magic: [UInt8] = Array("VEDJRNL\n".utf8)

    /// What a segment says about itself.
    struct Header {
        var first: JournalPosition
        var createdAt: Int64
    }

    /// What stands before a payload.
    struct RecordHeader {
        var checksum: UInt64
        var length: Int
        var kind: RecordKind
        var position: JournalPosition
        var receivedAt: Int64
    }

    static func encode(_ header: Header) -> [UInt8] {
        var bytes = magic
        append(version, to: &bytes)
        append(UInt32(0), to: &bytes)
        append(header.first.rawValue, to: &bytes)
        append(header.createdAt, to: &bytes)
        append(bytes.withUnsafeBytes { Checksum.of($0) }, to: &bytes)
        return bytes
    }

    /// Reads a header; nil when the bytes are torn or not ours.
    /// - Throws: `.foreign` when the header is whole and of a version that this build does not know.
    static func decodeHeader(_ bytes: [UInt8], path: String) throws(JournalError) -> Header? {
        guard bytes.count >= headerBytes, magic.elementsEqual(bytes[0..<8]) else { return nil }
        let fields = bytes.withUnsafeBytes { bytes in
            let isIntact = Checksum.of(.init(rebasing: bytes[..<32])) == integer(bytes, 32, UInt64.self)
            return isIntact
                ? (integer(bytes, 8, UInt32.self), integer(bytes, 16, UInt64.self), integer(bytes, 24, Int64.self))
                : nil
        }
        guard let (found, first, createdAt) = fields else { return nil }
        guard found == version else {
            throw JournalError(
                .foreign,
                "\(path) has format version \(found), this build knows \(version)",
                remedy: "Run the version that wrote it, or move the file away and accept the loss"
            )
        }
        return Header(first: JournalPosition(rawValue: first), createdAt: createdAt)
    }

    /// Appends one whole record to `bytes`.
    ///
    /// O(payload).
    static func encode(_ record: JournalRecord, to bytes: inout [UInt8]) {
        let start = bytes.count
        append(UInt64(0), to: &bytes)  // the checksum, known when the rest is there
        append(UInt32(record.payload.count), to: &bytes)
        append(UInt32(record.kind.rawValue), to: &bytes)
        append(record.position.rawValue, to: &bytes)
        append(record.receivedAt, to: &bytes)
        bytes.append(contentsOf: record.payload)
        bytes.withUnsafeMutableBytes { raw in
            let checked = UnsafeRawBufferPointer(rebasing: raw[(start + 8)...])
            raw.storeBytes(of: Checksum.of(checked).littleEndian, toByteOffset: start, as: UInt64.self)
        }
    }

    /// Reads the header of a record; nil when it cannot be one.
    static func decodeRecordHeader(_ bytes: UnsafeRawBufferPointer) -> RecordHeader? {
        guard bytes.count >= recordHeaderBytes else { return nil }
        let kindWord = integer(bytes, 12, UInt32.self)
        guard kindWord <= UInt8.max, let kind = RecordKind(rawValue: UInt8(kindWord)) else { return nil }
        return RecordHeader(
            checksum: integer(bytes, 0, UInt64.self),
            length: Int(integer(bytes, 8, UInt32.self)),
            kind: kind,
            position: JournalPosition(rawValue: integer(bytes, 16, UInt64.self)),
            receivedAt: integer(bytes, 24, Int64.self)
        )
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func integer<I: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _: I.Type) -> I {
        I(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
    }
}
