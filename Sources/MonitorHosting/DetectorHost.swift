package import Methods
package import Monitoring
package import Prediction
package import ServiceKit
package import ServiceLifecycle

/// A detector process, wired: monitors loaded, the way of an event built, the listener with all routes.
package struct DetectorHost: Sendable {
    /// The listener; its address is known once it listens.
    package let server: HTTPServer
    /// In the order in which they start.
    package let services: [any Service]
    /// The monitors.
    package let host: MonitorHost

    /// Builds a detector.
    ///
    /// - Parameters:
    ///   - kind: The question that its monitors answer.
    ///   - factories: The methods that it has.
    ///   - runtimes: What runs or asks the models of `models.toml`.
    ///   - address: Where it listens when nothing else is said.
    /// - Throws: ``SettingsError``; `PredictionError` for an unreadable `models.toml`; `JournalError`. A monitor that is
    ///   refused is no error of the process.
    package init(
        _ context: SidecarContext,
        kind: VerdictKind,
        factories: [any MethodFactory],
        runtimes: ModelRuntimes,
        address: String
    ) async throws {
        let settings = context.settings
        let models =
            try settings.value(DetectorSettings.models).map {
                try ModelLookup(file: $0, runtimes: runtimes)
            }
            ?? .empty
        let watchList = WatchList()
        let readiness = Readiness()
        let loader = MonitorLoader(kind: kind, catalog: MethodCatalog(factories), models: models)
        let store = ArtefactStore(state: context.stateDirectory, catalog: loader.catalog)
        let host = MonitorHost(
            loader: loader,
            store: store,
            metrics: context.metrics,
            logger: context.logger,
            watchList: watchList,
            readiness: readiness,
            keepsVerdicts: try settings.value(SinkSettings.urls).isEmpty,
            mappings: try models.payloadMappings()
        )
        let line = try EventLine(context: context, consumer: host, readiness: readiness) { event in
            watchList.wants(event) ? event : nil
        }
        let changes = ChangeLog(line)
        let installer = MonitorInstaller(
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
                changes: changes
            )
            changed = try await changes.append(await watch.firstLook())
            more.append(watch)
        }
        await host.becomeReady(at: changed)

        let routes = MonitorRoutes(
            host: host,
            installer: installer,
            uploadLimit: try settings.value(HTTPSettings.bodyLimit)
        )
        let inference = DetectorInference(
            host: host,
            concurrency: try settings.value(DetectorSettings.inferConcurrency)
        )
        server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: address),
            hotRoutes: [line.intake.route(), inference.route],
            operations: [EventIntake.operation(), DetectorInference.operation] + MonitorRoutes.operations,
            readiness: readiness,
            routes: { routes.add(to: $0) }
        )
        let onItsWay = line.services.map { service -> any Service in
            service is ConsumerWorker ? WorkerThread(worker: line.worker) as any Service : service
        }
        services = onItsWay + more + [DetectorListener(server: server, worker: line.worker, position: changed)]
        self.host = host
    }

    /// The settings of a detector that listens at `address`.
    package static func settings(listen address: String) -> [any Setting] {
        HTTPSettings.keys(listen: address) + EventLine.settings + DetectorSettings.keys
    }
}
