package import CloudEvents

/// Where a row of a window comes from: everything a verdict says about it, apart from its features.
package struct WindowRow: Sendable, Equatable {
    /// The exchange's request id.
    package let requestID: String
    /// The row within the request's batch.
    package let row: Int
    /// The id of the event that completed it, the cause of a verdict that it triggers.
    package let eventID: String
    /// Its event time, see `EventClock.time(of:arrivedAt:)`.
    package let time: Timestamp
    /// The position of that event in the journal.
    package let position: UInt64

    package init(requestID: String, row: Int, eventID: String, time: Timestamp, position: UInt64) {
        self.requestID = requestID
        self.row = row
        self.eventID = eventID
        self.time = time
        self.position = position
    }

    /// The row's name in verdicts: `<requestid>#<row>`.
    package var name: String { "\(requestID)#\(row)" }

    package func write(to writer: inout StateWriter) {
        writer.write(requestID)
        writer.write(row)
        writer.write(eventID)
        writer.write(time)
        writer.write(position)
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        requestID = try reader.readString()
        row = try reader.readInt()
        eventID = try reader.readString()
        time = try reader.readTimestamp()
        position = try reader.read(UInt64.self)
    }
}
