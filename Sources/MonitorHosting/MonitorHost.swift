package import CloudEvents
package import JSON
import Journal
import Logging
package import Methods
package import Monitoring
package import ServiceKit

/// The monitors of one process, and everything that changes them: the journal's records, the watched folder, the API.
///
/// One actor, so that a monitor is swapped between two records and never within one. Reading and verifying artefacts,
/// which is slow, happens before it is entered.
package actor MonitorHost: EventConsumer {
    /// How many verdicts of a monitor are kept for reading.
    package static let keptVerdicts = 100

    private var set = MonitorSet()
    private var hosted: [String: HostedMonitor] = [:]
    private var verdicts: [String: [CloudEvent]] = [:]
    private var now: Timestamp
    private let gauges: MonitorGauges
    private let logger: Logger
    private let watchList: WatchList
    /// Whether the kept verdicts are part of snapshots: without a sink nobody else has them.
    private let keepsVerdicts: Bool

    /// - Parameter now: The time that counts until the first record of the journal.
    init(metrics: MetricsRegistry, logger: Logger, watchList: WatchList, keepsVerdicts: Bool, now: Timestamp = .now()) {
        self.watchList = watchList
        gauges = MonitorGauges(registry: metrics)
        self.logger = logger
        self.keepsVerdicts = keepsVerdicts
        self.now = now
    }

    // MARK: The journal

    package func observe(_ record: ConsumerRecord) -> [CloudEvent] {
        now = max(now, record.receivedAt)
        let position = record.position.rawValue
        switch record.content {
        case .event(let event):
            let found = set.observe(event, position: position, receivedAt: record.receivedAt)
            if let reason = set.takeDecodingFailure() { gauges.countUndecodable(reason) }
            keep(found)
            return found
        case .tick:
            let found = set.tick(position: position, at: record.receivedAt)
            keep(found)
            for monitor in set.monitors.values { gauges.show(monitor) }
            return found
        case .gap:
            return []  // counted and logged by the worker; windows go on with what is there
        }
    }

    private func keep(_ found: [CloudEvent]) {
        for verdict in found {
            guard let name = verdict.source.split(separator: "/").last.map(String.init) else { continue }
            verdicts[name, default: []].append(verdict)
            if let count = verdicts[name]?.count, count > Self.keptVerdicts {
                verdicts[name]?.removeFirst(count - Self.keptVerdicts)
            }
            guard let monitor = set.monitors[name], verdict[extension: "requestid"] == nil else { continue }
            gauges.show(monitor)
            if monitor.reading.status == .alarm {
                logger.notice(
                    "alarm",
                    metadata: [
                        "detector.name": "\(name)", "model.name": "\(monitor.selection.model)",
                        "event.id": "\(verdict.id)",
                    ]
                )
            }
        }
    }

    package func snapshot() -> [UInt8] {
        var writer = StateWriter()
        writer.write(set.snapshot())
        let kept = keepsVerdicts ? verdicts.sorted { $0.key < $1.key }.flatMap(\.value) : []
        writer.write(kept) { $0.write(JSONFormat.encode($1)) }
        return writer.bytes
    }

    package func restore(_ snapshot: [UInt8]) throws {
        var reader = StateReader(snapshot)
        let state = try reader.readBytes()
        let kept = try reader.readArray { reader throws(MonitoringError) in try reader.readBytes() }
        try set.restore(state)
        for (name, error) in set.unreadable {
            logger.warning("a monitor starts anew", metadata: ["detector.name": "\(name)", "error": "\(error)"])
        }
        verdicts = [:]
        keep(try kept.map { try JSONFormat.decode($0) })
        for monitor in set.monitors.values { gauges.show(monitor) }
    }

    // MARK: Monitors that come and go

    /// Lets a monitor run, in place of the one of its name.
    ///
    /// - Throws: ``ServiceError`` 409 when a PUT names a monitor that the watched folder owns.
    package func install(_ monitor: Monitor, from artefact: Artefact, origin: HostedMonitor.Origin) throws {
        try requireOwner(origin, of: monitor.name)
        set.add(monitor, at: now)
        hosted[monitor.name] = HostedMonitor(origin: origin, artefact: artefact)
        showMonitors()
        logger.notice(
            "monitor runs",
            metadata: [
                "detector.name": "\(monitor.name)", "model.name": "\(monitor.selection.model)",
                "method": "\(monitor.fitted.configuration.method)", "config.hash": "\(monitor.fitted.configHash)",
            ]
        )
    }

    /// Notes that an artefact was refused; what ran under its name goes on.
    package func refuse(_ name: String, origin: HostedMonitor.Origin, because error: any Error) {
        logger.error("monitor refused", metadata: ["detector.name": "\(name)", "error": "\(error)"])
        hosted[name] = HostedMonitor(origin: origin, artefact: hosted[name]?.artefact, refusal: error)
    }

    /// Takes a monitor out; its state is kept for seven days.
    ///
    /// - Throws: ``ServiceError`` 404 for a name that is not here, 409 for one that somebody else owns.
    package func remove(_ name: String, origin: HostedMonitor.Origin) throws {
        guard hosted[name] != nil else { throw unknown(name) }
        try requireOwner(origin, of: name)
        set.remove(name, at: now)
        showMonitors()
        hosted[name] = nil
        verdicts[name] = nil
        logger.notice("monitor removed", metadata: ["detector.name": "\(name)"])
    }

    /// Lets a monitor begin anew.
    package func reset(_ name: String) throws {
        guard hosted[name] != nil, set.monitors[name] != nil else { throw unknown(name) }
        try set.reset(name)
        if let monitor = set.monitors[name] { gauges.show(monitor) }
    }

    private func showMonitors() {
        gauges.showOnly(set.monitors.values)
        watchList.set(set.monitors.values.map { ($0.selection.namespace, $0.selection.model) })
    }

    private func requireOwner(_ origin: HostedMonitor.Origin, of name: String) throws {
        guard let owner = hosted[name]?.origin, owner != origin else { return }
        throw ServiceError(
            .conflict,
            owner == .folder ? "the watched folder owns the monitor \(name)" : "a PUT owns the monitor \(name)",
            remedy: owner == .folder
                ? "Change it there, or choose another name"
                : "DELETE /v1/monitors/\(name) first, or choose another name"
        )
    }

    // MARK: What can be read

    /// The artefacts in use.
    package var artefacts: [Artefact] { hosted.values.compactMap(\.artefact) }

    /// The names that an owner has, sorted.
    package func names(ownedBy origin: HostedMonitor.Origin) -> [String] {
        hosted.filter { $0.value.origin == origin }.keys.sorted()
    }

    /// The monitor of a name, as it stands.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func monitor(_ name: String) throws -> Monitor {
        guard let monitor = set.monitors[name] else { throw unknown(name) }
        return monitor
    }

    /// All monitors, by name.
    package func list() -> JSONValue {
        let items = hosted.sorted { $0.key < $1.key }.map {
            $0.value.json(named: $0.key, running: set.monitors[$0.key])
        }
        return ["items": .array(items), "next": .null]
    }

    /// One monitor.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func describe(_ name: String) throws -> JSONValue {
        guard let entry = hosted[name] else { throw unknown(name) }
        return entry.json(named: name, running: set.monitors[name])
    }

    /// The newest verdicts of a monitor, newest first, as structured CloudEvents.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func recentVerdicts(of name: String) throws -> JSONValue {
        guard hosted[name] != nil else { throw unknown(name) }
        let items = try (verdicts[name] ?? []).reversed().map { try JSONValue(parsing: JSONFormat.encode($0)) }
        return ["items": .array(items), "next": .null]
    }

    private func unknown(_ name: String) -> ServiceError {
        ServiceError(
            .notFound,
            "no monitor is named \(name)",
            remedy: "GET /v1/monitors lists the monitors of this process"
        )
    }
}
