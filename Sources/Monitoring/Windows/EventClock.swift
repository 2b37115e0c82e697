package import CloudEvents

/// The time by which a monitor's windows open and close: event time, carried on by the journal where no events come.
///
/// `latest` is the newest event time seen; lateness is measured from it. `now` is the same clock moved on by the time
/// that has passed between journal records since, so that a tick record closes a window of a model that fell silent.
/// A replayed log therefore moves `now` at the speed of its events and gives the windows that it gave at first.
package struct EventClock: Sendable, Equatable {
    /// The newest event time seen, nil before the first event.
    package private(set) var latest: Timestamp?
    /// The time now, nil before the first event.
    package private(set) var now: Timestamp?
    private var arrival: Timestamp?

    package init() {}

    /// The time that counts for an event: its own, or its arrival where it has none or claims to come from the future.
    ///
    /// Without the second rule one event of the year 2099 would make every later one late.
    package static func time(of eventTime: Timestamp?, arrivedAt arrival: Timestamp) -> Timestamp {
        guard let eventTime else { return arrival }
        return min(eventTime, arrival)
    }

    /// Moves the clock to an event.
    package mutating func observe(_ eventTime: Timestamp, arrivedAt arrival: Timestamp) {
        advance(to: arrival)
        latest = latest.map { max($0, eventTime) } ?? eventTime
        now = now.map { max($0, eventTime) } ?? eventTime
        self.arrival = self.arrival.map { max($0, arrival) } ?? arrival
    }

    /// Moves the clock on by the time that has passed in the journal; nothing happens before the first event.
    package mutating func advance(to arrival: Timestamp) {
        guard let before = self.arrival, let now, arrival > before else { return }
        self.now = now + (arrival - before)
        self.arrival = arrival
    }
}

extension EventClock {
    package func write(to writer: inout StateWriter) {
        for part in [latest, now, arrival] { writer.write(part) { $0.write($1) } }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        latest = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        now = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        arrival = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
