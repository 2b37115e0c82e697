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
    /// Its place among all rows that its window ever took, from 0: the same for whoever sees the same rows, which a place
    /// in a journal is not.
    package internal(set) var position: UInt64 = 0

    package init(requestID: String, row: Int, eventID: String, time: Timestamp) {
        self.requestID = requestID
        self.row = row
        self.eventID = eventID
        self.time = time
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
