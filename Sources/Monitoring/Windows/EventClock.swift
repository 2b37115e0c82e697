package import CloudEvents

/// The time by which a monitor's windows open and close: event time, carried on by the journal where no events come.
///
/// `latest` is the newest event time seen; lateness is measured from it. `now` is the same clock moved on by the time
/// that has passed in the journal since the newest event, so that a tick record closes a window of a model that fell
/// silent. A replayed log therefore moves `now` at the speed of its events, be it replayed faster or slower than it was
/// written, and gives the windows that it gave at first.
package struct EventClock: Sendable, Equatable {
    /// The newest event time seen, nil before the first event.
    package private(set) var latest: Timestamp?
    /// When the newest record was received, and the newest event.
    private var arrival: Timestamp?
    private var observed: Timestamp?

    package init() {}

    /// The time now, nil before the first event.
    package var now: Timestamp? { latest.map { $0 + idle } }

    /// The time that has passed in the journal since the newest event.
    package var idle: Duration {
        guard let arrival, let observed else { return .zero }
        return arrival - observed
    }

    /// The time that counts for an event: its own, or its arrival where it has none or claims to come from the future.
    ///
    /// Without the second rule one event of the year 2099 would make every later one late.
    package static func time(of eventTime: Timestamp?, arrivedAt arrival: Timestamp) -> Timestamp {
        guard let eventTime else { return arrival }
        return min(eventTime, arrival)
    }

    /// Moves the clock to an event.
    package mutating func observe(_ eventTime: Timestamp, arrivedAt arrival: Timestamp) {
        latest = latest.map { max($0, eventTime) } ?? eventTime
        self.arrival = self.arrival.map { max($0, arrival) } ?? arrival
        observed = self.arrival
    }

    /// Moves the clock on by the time that has passed in the journal; nothing happens before the first event.
    package mutating func advance(to arrival: Timestamp) {
        guard let before = self.arrival, arrival > before else { return }
        self.arrival = arrival
    }
}

extension EventClock {
    package func write(to writer: inout StateWriter) {
        for part in [latest, arrival, observed] { writer.write(part) { $0.write($1) } }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        latest = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        arrival = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        observed = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
