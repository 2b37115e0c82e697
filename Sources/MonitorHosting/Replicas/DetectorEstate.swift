import Journal
import Methods
import Monitoring
import ServiceKit
import ServiceLifecycle

/// What a detector is made of, whatever state it works on: its own, and that of a replica that was lost.
struct DetectorParts: Sendable {
    let kind: VerdictKind
    let factories: [any MethodFactory]
    let models: ModelLookup
    /// The order of rows in windows whose configuration leaves it open.
    let order: WindowConfiguration.Order
}

/// A state directory at work: its monitors, and the way of an event from the door to the sinks.
struct DetectorEstate: Sendable {
    let host: MonitorHost
    let line: EventLine
    let installer: MonitorInstaller
    /// The change after which the monitors are those that it was opened with.
    let changed: JournalPosition
    /// In the order in which they start.
    let services: [any Service]

    /// Opens a state directory.
    ///
    /// - Parameters:
    ///   - routing: Where events belong that come in at its door; nil keeps all.
    ///   - subscribes: Whether it takes events from the stream of the settings.
    /// - Throws: `JournalError`, `.inUse` when another process works on it; ``SettingsError``.
    init(
        _ parts: DetectorParts,
        context: SidecarContext,
        readiness: Readiness,
        routing: PeerRouting? = nil,
        subscribes: Bool = true
    ) async throws {
        let settings = context.settings
        let watchList = WatchList()
        let loader = MonitorLoader(
            kind: parts.kind,
            catalog: MethodCatalog(parts.factories),
            models: parts.models,
            order: parts.order
        )
        let store = ArtefactStore(state: context.stateDirectory, catalog: loader.catalog)
        host = MonitorHost(
            loader: loader,
            store: store,
            metrics: context.metrics,
            logger: context.logger,
            watchList: watchList,
            readiness: readiness,
            keepsVerdicts: try settings.value(SinkSettings.urls).isEmpty,
            mappings: try parts.models.payloadMappings()
        )
        line = try EventLine(
            context: context,
            consumer: host,
            readiness: readiness,
            routing: routing,
            subscribes: subscribes
        ) { event in
            watchList.wants(event) ? event : nil
        }
        let changes = ChangeLog(line)
        installer = MonitorInstaller(
            host: host,
            loader: loader,
            store: store,
            changes: changes,
            state: context.stateDirectory
        )

        // In the journal before the first event that this process takes, so that no event misses its monitor.
        var more: [any Service] = []
        var changed = try await changes.append(await installer.uploads())
        if let directory = try settings.value(DetectorSettings.directory) {
            var watch = MonitorFolderWatch(
                directory: directory,
                interval: try settings.value(DetectorSettings.rescan),
                installer: installer,
                host: host,
                changes: changes,
                logger: context.logger
            )
            changed = try await changes.append(try await watch.firstLook())
            more.append(watch)
        }
        await host.becomeReady(at: changed)
        self.changed = changed
        services =
            line.services.map { [line] service -> any Service in
                service is ConsumerWorker ? WorkerThread(worker: line.worker) as any Service : service
            } + more
    }
}
