package import CloudEvents

/// The rows of one event on their way into a window.
package struct RowBatch: Sendable, Equatable {
    /// The event's time.
    package let time: Timestamp
    /// The event's id, which orders events of one time.
    package let eventID: String
    /// The rows, in the order of their batch.
    package let rows: [WindowRow]
    /// Their features, `rows.count × width` floats.
    package let features: [Float]
    /// How many rows of the event could not be read.
    package let excluded: Int

    package init(time: Timestamp, eventID: String, rows: [WindowRow], features: [Float], excluded: Int = 0) {
        self.time = time
        self.eventID = eventID
        self.rows = rows
        self.features = features
        self.excluded = excluded
    }

    package func write(to writer: inout StateWriter) {
        writer.write(time)
        writer.write(eventID)
        writer.write(rows) { $1.write(to: &$0) }
        writer.write(features)
        writer.write(excluded)
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        time = try reader.readTimestamp()
        eventID = try reader.readString()
        rows = try reader.readArray { reader throws(MonitoringError) in try WindowRow(from: &reader) }
        features = try reader.readFloats()
        excluded = try reader.readInt()
    }
}

/// Events that wait for others that may be older, by time and id.
///
/// Bounded in rows and floats; whoever empties it looks at `isOverfull`.
package struct RowQueue: Sendable, Equatable {
    private static let rowLimit = 1 << 16
    private static let floatLimit = 4 << 20

    private var batches: ArraySlice<RowBatch> = []
    /// The rows that wait.
    package private(set) var rows = 0
    private var floats = 0

    package init() {}

    /// The oldest.
    package var first: RowBatch? { batches.first }
    package var isEmpty: Bool { batches.isEmpty }
    /// Whether more waits than may.
    package var isOverfull: Bool { rows > Self.rowLimit || floats > Self.floatLimit }

    /// Puts an event in its place; cheap where it is one of the newest.
    package mutating func insert(_ batch: RowBatch) {
        var place = batches.endIndex
        while place > batches.startIndex, Self.precedes(batch, batches[place - 1]) { place -= 1 }
        batches.insert(batch, at: place)
        rows += batch.rows.count
        floats += batch.features.count
    }

    package mutating func popFirst() -> RowBatch? {
        guard let first = batches.popFirst() else { return nil }
        rows -= first.rows.count
        floats -= first.features.count
        return first
    }

    private static func precedes(_ left: RowBatch, _ right: RowBatch) -> Bool {
        (left.time, left.eventID) < (right.time, right.eventID)
    }

    package func write(to writer: inout StateWriter) {
        writer.write(batches) { $1.write(to: &$0) }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        for batch in try reader.readArray({ reader throws(MonitoringError) in try RowBatch(from: &reader) }) {
            insert(batch)
        }
    }
}
