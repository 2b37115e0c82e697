package import CloudEvents
import Methods
package import OpenInference

/// All monitors of one process: hands each record of the journal to those that watch its model.
///
/// Records come in journal order, one at a time. The cost of an event is that of the monitors of its model; the others
/// are not looked at. The payload is decoded once, when the first of them asks for it.
package struct MonitorSet: Sendable {
    /// The monitors by name.
    package private(set) var monitors: [String: Monitor] = [:]
    /// The position of the newest record that was taken in.
    package private(set) var position: UInt64 = 0
    /// The names of the monitors of a model, sorted.
    private var watchers: [ModelKey: [String]] = [:]
    private var archive = StateArchive()
    private var evictions: [(monitor: String, lane: LaneKey)] = []
    private var decodingFailure: ExclusionReason?
    /// The monitors that start as learning because their kept state could not be read, and why.
    package private(set) var unreadable: [String: MonitoringError] = [:]

    private struct ModelKey: Hashable {
        let namespace: String
        let model: String
    }

    private let mappings: PayloadMappings

    /// - Parameter mappings: By model, where the tensors are in bodies that follow no dialect.
    package init(mappings: PayloadMappings = .none) {
        self.mappings = mappings
    }

    /// Puts a monitor in, in place of one of the same name; where its configuration is known, it goes on where it stood.
    package mutating func add(_ monitor: Monitor, at time: Timestamp) {
        remove(monitor.name, at: time)
        monitors[monitor.name] = revived(monitor)
        let key = ModelKey(namespace: monitor.selection.namespace, model: monitor.selection.model)
        watchers[key, default: []].append(monitor.name)
        watchers[key]?.sort()
    }

    /// Takes a monitor out and keeps its state for seven days.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    package mutating func remove(_ name: String, at time: Timestamp) -> Bool {
        guard let monitor = monitors.removeValue(forKey: name) else { return false }
        archive.keep(monitor, at: time)
        let key = ModelKey(namespace: monitor.selection.namespace, model: monitor.selection.model)
        watchers[key]?.removeAll { $0 == name }
        if watchers[key]?.isEmpty == true { watchers[key] = nil }
        return true
    }

    /// Lets a monitor begin anew.
    ///
    /// - Throws: `.unknownMonitor`.
    package mutating func reset(_ name: String) throws(MonitoringError) {
        guard let monitor = monitors[name] else {
            throw MonitoringError(
                code: .unknownMonitor,
                message: "no monitor is named \(name)",
                remedy: "GET /v1/monitors lists the monitors of this process"
            )
        }
        monitors[name] = try monitor.reset()
    }

    /// Takes in an event and returns the verdicts that it gave rise to: by monitor in the order of their names, by one
    /// monitor in the order in which they arose.
    package mutating func observe(_ event: CloudEvent, position: UInt64, receivedAt arrival: Timestamp) -> [CloudEvent]
    {
        self.position = max(self.position, position)
        guard var traffic = TrafficEvent(event, position: position, arrival: arrival, mappings: mappings)
        else { return [] }
        let key = ModelKey(namespace: traffic.namespace, model: traffic.model)
        var verdicts: [CloudEvent] = []
        evictions = []
        for name in watchers[key] ?? [] {
            verdicts += monitors[name]?.observe(&traffic) ?? []
            if monitors[name]?.evictions.isEmpty == false {
                evictions += monitors[name]?.evictions.map { (name, $0) } ?? []
                monitors[name]?.evictions = []
            }
        }
        decodingFailure = traffic.decodingFailure
        return verdicts
    }

    /// Returns the lanes that made room for that of the event before, by monitor, once.
    package mutating func takeEvictions() -> [(monitor: String, lane: LaneKey)] {
        defer { evictions = [] }
        return evictions
    }

    /// Returns why the payload of the event before could not be decoded, once; nil where it could, or nobody asked.
    package mutating func takeDecodingFailure() -> ExclusionReason? {
        defer { decodingFailure = nil }
        return decodingFailure
    }

    /// Takes in a tick of the journal's clock.
    package mutating func tick(position: UInt64, at arrival: Timestamp) -> [CloudEvent] {
        self.position = max(self.position, position)
        archive.forget(at: arrival)
        var verdicts: [CloudEvent] = []
        for name in monitors.keys.sorted() { verdicts += monitors[name]?.advance(to: arrival) ?? [] }
        return verdicts
    }

    /// The names of the monitors that watch the model of an event, sorted.
    package func names(watching namespace: String, model: String) -> [String] {
        watchers[ModelKey(namespace: namespace, model: model)] ?? []
    }
}

extension MonitorSet {
    private static let formatVersion: UInt32 = 3

    /// Everything that later verdicts depend on, each monitor's part under its name and configuration hash.
    package func snapshot() -> [UInt8] {
        var writer = StateWriter()
        writer.write(Self.formatVersion)
        writer.write(position)
        var states = archive
        for monitor in monitors.values { states.keep(monitor, at: nil) }
        states.write(to: &writer)
        return writer.bytes
    }

    /// Takes over a snapshot.
    ///
    /// Monitors that it does not know go on as they are; states of monitors that are not here now
    /// are kept for when they come back.
    ///
    /// - Throws: `.unreadableState` for a cut snapshot or one of another format; nothing has changed then.
    package mutating func restore(_ bytes: [UInt8]) throws(MonitoringError) {
        var reader = StateReader(bytes)
        let version = try reader.read(UInt32.self)
        guard version == Self.formatVersion else {
            throw MonitoringError(
                code: .unreadableState,
                message: "the snapshot has format version \(version), this build reads \(Self.formatVersion)",
                remedy: "Start the build that wrote it, or remove the state directory to start as learning"
            )
        }
        let position = try reader.read(UInt64.self)
        let archive = try StateArchive(from: &reader)
        self.position = position
        self.archive = archive
        for (name, monitor) in monitors { monitors[name] = revived(monitor) }
    }

    private mutating func revived(_ monitor: Monitor) -> Monitor {
        unreadable[monitor.name] = nil
        do { return try archive.revive(monitor) } catch {
            unreadable[monitor.name] = error
            return monitor
        }
    }
}
