/// What a journal admits to have lost: acknowledged records that are no longer there.
///
/// Its payload form is 32 bytes: records, first lost position, last lost position and bytes, little-endian.
package struct JournalGap: Sendable, Equatable {
    /// How many acknowledged records are gone.
    ///
    /// 0 when only bytes that nobody was promised were cut off.
    package var records: UInt64
    /// The first and the last position that are gone; both 0 when no record is.
    package var first: JournalPosition
    package var last: JournalPosition
    /// How many bytes were cut from the tail because they made no whole record.
    package var bytes: UInt64

    package init(records: UInt64, first: JournalPosition, last: JournalPosition, bytes: UInt64) {
        self.records = records
        self.first = first
        self.last = last
        self.bytes = bytes
    }

    /// Reads the payload of a record of kind ``RecordKind/gap``; nil when it is not one.
    package init?(payload: [UInt8]) {
        guard payload.count == 32 else { return nil }
        let fields = payload.withUnsafeBytes { bytes in
            (0..<4).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        self.init(
            records: fields[0],
            first: JournalPosition(rawValue: fields[1]),
            last: JournalPosition(rawValue: fields[2]),
            bytes: fields[3]
        )
    }

    /// The payload of the record that says so.
    package var payload: [UInt8] {
        [records, first.rawValue, last.rawValue, bytes].flatMap { value in
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
    }
}
