package import CloudEvents
package import Journal
import Logging
import Methods
import Monitoring
import OpenInference
package import ServiceKit

/// The monitors of one process.
///
/// Its journal alone changes them: events, ticks, and ``MonitorChange``s of the watched folder and the API. One actor, so
/// that a monitor is read between two records and never within one. Reading and verifying artefacts, which is slow,
/// happens before the change is journalled; only a journal that is read again makes it here.
package actor MonitorHost: EventConsumer {
    /// How many verdicts of a monitor are kept for reading.
    package static let keptVerdicts = 100

    var set: MonitorSet
    /// By model, where the tensors are in bodies that follow no dialect.
    let mappings: PayloadMappings
    var hosted: [String: HostedMonitor] = [:]
    var refusals: [String: MonitorRefusal] = [:]
    var verdicts: [String: [CloudEvent]] = [:]
    /// Monitors that are loaded and wait for their change, by name and key.
    var prepared: [Preparation: Monitor] = [:]
    /// Artefacts that a replay may ask for again, each with the change after which it was in nobody's use.
    var retired: [String: UInt64] = [:]
    private var awaited: JournalPosition?

    let loader: MonitorLoader
    let store: ArtefactStore
    let gauges: MonitorGauges
    let logger: Logger
    let watchList: WatchList
    private let readiness: Readiness
    /// Whether the kept verdicts are part of snapshots: without a sink nobody else has them.
    let keepsVerdicts: Bool

    struct Preparation: Hashable {
        let name: String
        let key: String
    }

    init(
        loader: MonitorLoader,
        store: ArtefactStore,
        metrics: MetricsRegistry,
        logger: Logger,
        watchList: WatchList,
        readiness: Readiness,
        keepsVerdicts: Bool,
        mappings: PayloadMappings
    ) {
        set = MonitorSet(mappings: mappings)
        self.mappings = mappings
        self.loader = loader
        self.store = store
        self.watchList = watchList
        self.readiness = readiness
        gauges = MonitorGauges(registry: metrics)
        self.logger = logger
        self.keepsVerdicts = keepsVerdicts
        readiness.set("monitors", notReady: "they are not loaded yet")
    }

    // MARK: The journal

    package func observe(_ record: ConsumerRecord) throws -> [CloudEvent] {
        let position = record.position.rawValue
        var found: [CloudEvent] = []
        switch record.content {
        case .event(let event):
            found = set.observe(event, position: position, receivedAt: record.receivedAt)
            if let reason = set.takeDecodingFailure() { gauges.countUndecodable(reason) }
            for (name, lane) in set.takeEvictions() { noteEviction(name, lane) }
        case .tick:
            found = set.tick(position: position, at: record.receivedAt)
            for monitor in set.monitors.values { gauges.show(monitor) }
        case .change(let bytes):
            make(try MonitorChange(bytes), position: position, at: record.receivedAt)
        case .gap:
            break  // counted and logged by the worker; windows go on with what is there
        }
        keep(found)
        if let awaited, record.position >= awaited {
            self.awaited = nil
            readiness.set("monitors", notReady: nil)
        }
        return found
    }

    /// Logs the first lane that a monitor let go, the second, the fourth and so on: who names endpoints at will must not
    /// fill the log.
    private func noteEviction(_ name: String, _ lane: LaneKey) {
        guard let monitor = set.monitors[name] else { return }
        gauges.show(monitor)
        let count = monitor.counts.evictedLanes
        guard count & (count - 1) == 0 else { return }
        logger.warning(
            "the lane that rested longest made room",
            metadata: [
                "detector.name": "\(name)", "model.name": "\(monitor.selection.model)", "endpoint": "\(lane.endpoint)",
                "model.version": "\(lane.version)", "lanes": "\(Monitor.laneLimit)", "evicted": "\(count)",
            ]
        )
    }

    /// Says from which record on the monitors are those that the process was started with.
    package func becomeReady(at position: JournalPosition) { awaited = position }

    func keep(_ found: [CloudEvent]) {
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

    package func released(through position: JournalPosition) {
        let before = retired.count
        retired = retired.filter { $0.value > position.rawValue }
        if retired.count < before { tidy() }
    }
}
