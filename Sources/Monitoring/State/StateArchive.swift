package import CloudEvents

/// The written states of monitors by name and configuration hash: of those that are gone for seven days, and in a
/// snapshot of those that are here.
package struct StateArchive: Sendable {
    /// How long the state of a monitor that is gone is kept.
    package static let retention: Duration = .seconds(7 * 86_400)

    private struct Entry: Sendable {
        let bytes: [UInt8]
        /// When the monitor went; nil while it is here.
        let goneAt: Timestamp?
    }

    private var entries: [String: Entry] = [:]

    package init() {}

    /// Keeps the state of a monitor.
    ///
    /// - Parameter time: When it went, nil while it is here.
    package mutating func keep(_ monitor: Monitor, at time: Timestamp?) {
        var writer = StateWriter()
        monitor.write(to: &writer)
        entries[monitor.stateKey] = Entry(bytes: writer.bytes, goneAt: time)
    }

    /// Returns the monitor as it was when its state was kept, or as it is when none was.
    ///
    /// - Throws: `.unreadableState`; what was kept is let go, so that the monitor may start anew.
    package mutating func revive(_ monitor: Monitor) throws(MonitoringError) -> Monitor {
        guard let entry = entries.removeValue(forKey: monitor.stateKey) else { return monitor }
        var revived = monitor
        var reader = StateReader(entry.bytes)
        try revived.restore(from: &reader)
        return revived
    }

    /// Drops the states that were kept long enough; those of a snapshot whose monitors did not come back start to age.
    package mutating func forget(at now: Timestamp) {
        entries = entries.mapValues { Entry(bytes: $0.bytes, goneAt: $0.goneAt ?? now) }
            .filter { entry in entry.value.goneAt.map { $0 + Self.retention >= now } ?? true }
    }

    package func write(to writer: inout StateWriter) {
        writer.write(entries.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value.goneAt) { $0.write($1) }
            writer.write(entry.value.bytes)
        }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        let read = try reader.readArray { reader throws(MonitoringError) in
            let key = try reader.readString()
            let goneAt = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
            return (key, Entry(bytes: try reader.readBytes(), goneAt: goneAt))
        }
        entries = Dictionary(read) { _, later in later }
    }
}
