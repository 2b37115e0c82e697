package import CloudEvents

/// Counts the rows that could not enter a monitor, by reason and minute of the journal, and hands each minute over once.
///
/// Bounded: reasons are few and fixed, and of the request ids only as many of a minute are kept as a verdict names.
package struct ExclusionLedger: Sendable, Equatable {
    private static let minute: Int64 = 60_000_000_000

    /// What one reason cost in one minute.
    package struct Entry: Sendable, Equatable {
        package let reason: ExclusionReason
        /// The start of the minute.
        package let minute: Timestamp
        package fileprivate(set) var rows: Int
        package fileprivate(set) var events: Int
        /// The first request ids, in order.
        package fileprivate(set) var requestIDs: [String]
        /// The id of the newest event concerned.
        package fileprivate(set) var lastEventID: String
        /// The positions of the first and the newest event concerned.
        package fileprivate(set) var positions: ClosedRange<UInt64>
    }

    private var open: [Entry] = []

    package init() {}

    /// Counts an event's rows; the minutes before it are handed over.
    package mutating func exclude(
        rows: Int,
        reason: ExclusionReason,
        requestID: String,
        eventID: String,
        position: UInt64,
        at arrival: Timestamp
    ) {
        let minute = Self.minute(of: arrival)
        guard let index = open.firstIndex(where: { $0.reason == reason && $0.minute == minute }) else {
            open.append(
                Entry(
                    reason: reason,
                    minute: minute,
                    rows: rows,
                    events: 1,
                    requestIDs: [requestID],
                    lastEventID: eventID,
                    positions: position...position
                )
            )
            return
        }
        open[index].rows += rows
        open[index].events += 1
        open[index].lastEventID = eventID
        open[index].positions = open[index].positions.lowerBound...max(position, open[index].positions.upperBound)
        if open[index].requestIDs.count < VerdictData.namedRows, !open[index].requestIDs.contains(requestID) {
            open[index].requestIDs.append(requestID)
        }
    }

    /// Returns the entries of the minutes that are over, in the order in which they began.
    package mutating func close(at arrival: Timestamp) -> [Entry] {
        guard !open.isEmpty else { return [] }
        let minute = Self.minute(of: arrival)
        let over = open.filter { $0.minute < minute }
        open.removeAll { $0.minute < minute }
        return over
    }

    private static func minute(of time: Timestamp) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds - time.nanoseconds % minute)
    }
}

extension ExclusionLedger {
    package func write(to writer: inout StateWriter) {
        writer.write(open) { writer, entry in
            writer.write(entry.reason.name)
            writer.write(entry.minute)
            writer.write(entry.rows)
            writer.write(entry.events)
            writer.write(entry.requestIDs) { $0.write($1) }
            writer.write(entry.lastEventID)
            writer.write(entry.positions.lowerBound)
            writer.write(entry.positions.upperBound)
        }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        open = try reader.readArray { reader throws(MonitoringError) in
            Entry(
                reason: ExclusionReason(name: try reader.readString()),
                minute: try reader.readTimestamp(),
                rows: try reader.readInt(),
                events: try reader.readInt(),
                requestIDs: try reader.readArray { reader throws(MonitoringError) in try reader.readString() },
                lastEventID: try reader.readString(),
                positions: try Self.readRange(&reader)
            )
        }
    }

    private static func readRange(_ reader: inout StateReader) throws(MonitoringError) -> ClosedRange<UInt64> {
        let lower = try reader.read(UInt64.self)
        return lower...max(lower, try reader.read(UInt64.self))
    }
}
