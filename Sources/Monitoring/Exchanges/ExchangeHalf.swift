package import CloudEvents
package import Tensors

/// What a monitor keeps of one half of an exchange while it waits for the other: its origin, and its rows where the
/// monitor reads them.
package struct ExchangeHalf: Sendable {
    /// Where the half comes from.
    package let origin: RowOrigin
    /// The rows that the monitor reads from this half; nil on the other half.
    package let rows: Tensor<Float>?
    /// Why they could not be read, and how many they would have been.
    package let exclusion: Exclusion?

    package init(origin: RowOrigin, rows: Tensor<Float>?, exclusion: Exclusion?) {
        self.origin = origin
        self.rows = rows
        self.exclusion = exclusion
    }
}

/// Rows that could not be read.
package struct Exclusion: Error, Sendable, Equatable {
    /// Why.
    package let reason: ExclusionReason
    /// How many rows, as far as that can be told; at least 1.
    package let rows: Int

    package init(_ reason: ExclusionReason, rows: Int = 1) {
        self.reason = reason
        self.rows = max(1, rows)
    }
}

/// The event that rows come from: everything that a verdict says of it.
package struct RowOrigin: Sendable, Equatable {
    /// The exchange's request id.
    package var requestID: String
    /// The event's id.
    package var eventID: String
    /// The event's time, see `EventClock.time(of:arrivedAt:)`.
    package var time: Timestamp
    /// When the journal received it.
    package var arrival: Timestamp
    /// Its position in the journal.
    package var position: UInt64
    /// The model's endpoint, "" where the event names none.
    package var endpoint: String
    /// The model's version, "" where the event names none.
    package var version: String
    /// Whether tests may use its rows: it was kept by the hash of its request id and not by a rule.
    package var isForTests: Bool
    /// The place of its first row in the request: an outcome is about one row of it.
    package var firstRow = 0

    /// The lane that its rows belong to.
    package var lane: LaneKey { LaneKey(endpoint: endpoint, version: version) }
}

extension ExchangeHalf {
    package func write(to writer: inout StateWriter) {
        writer.write(origin.requestID)
        writer.write(origin.eventID)
        writer.write(origin.time)
        writer.write(origin.arrival)
        writer.write(origin.position)
        writer.write(origin.endpoint)
        writer.write(origin.version)
        writer.write(origin.isForTests)
        writer.write(rows) { writer, rows in
            writer.write(rows.shape) { $0.write($1) }
            writer.write(rows.elements)
        }
        writer.write(exclusion) { writer, exclusion in
            writer.write(exclusion.reason.name)
            writer.write(exclusion.rows)
        }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        origin = RowOrigin(
            requestID: try reader.readString(),
            eventID: try reader.readString(),
            time: try reader.readTimestamp(),
            arrival: try reader.readTimestamp(),
            position: try reader.read(UInt64.self),
            endpoint: try reader.readString(),
            version: try reader.readString(),
            isForTests: try reader.readBool()
        )
        rows = try reader.readOptional { reader throws(MonitoringError) in
            let shape = try reader.readArray { reader throws(MonitoringError) in try reader.readInt() }
            let elements = try reader.readFloats()
            do { return try Tensor(shape: shape, elements: elements) } catch {
                throw MonitoringError(
                    code: .unreadableState,
                    message: "a waiting half of an exchange holds \(elements.count) floats for the shape \(shape)",
                    remedy: "Remove the state directory of the service; its monitors then start as learning",
                    cause: error
                )
            }
        }
        exclusion = try reader.readOptional { reader throws(MonitoringError) in
            Exclusion(ExclusionReason(name: try reader.readString()), rows: try reader.readInt())
        }
    }
}
