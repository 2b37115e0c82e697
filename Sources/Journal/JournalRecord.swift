/// The place of a record in its journal: 1 for the first, then one more for each; 0 is "before everything".
///
/// Positions are never given twice, also where records were lost: the gap record then stands after the lost ones.
package struct JournalPosition: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before the first record.
    package static let start = JournalPosition(rawValue: 0)

    package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        left.rawValue < right.rawValue
    }

    package var description: String { String(rawValue) }
}

/// What a record holds.
package enum RecordKind: UInt8, Sendable {
    /// Something that came in.
    case event = 1
    /// A reading of the clock, so that what depends on time is decided by the journal alone.
    case tick = 2
    /// Records before this one were lost; the payload is a ``JournalGap``.
    case gap = 3
    /// What the reader of the journal wants to know again when it comes back after a kill.
    case note = 4
    /// A change of what reads the journal, so that whoever reads it again changes at the same place.
    case change = 5
}

/// One record, as it was appended.
package struct JournalRecord: Sendable, Equatable {
    package let position: JournalPosition
    /// When it was appended, in nanoseconds since 1970.
    package let receivedAt: Int64
    package let kind: RecordKind
    package let payload: [UInt8]

    package init(position: JournalPosition, receivedAt: Int64, kind: RecordKind, payload: [UInt8]) {
        self.position = position
        self.receivedAt = receivedAt
        self.kind = kind
        self.payload = payload
    }
}
