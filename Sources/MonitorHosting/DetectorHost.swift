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
        let readiness = Readiness()
        let routing = try PeerRouting(context: context)
        let claim = try StateClaim(context: context, ring: routing?.ring)
        // The arrival of shared traffic is nobody's order: windows go by event time where nothing else is said.
        let parts = DetectorParts(
            kind: kind,
            factories: factories,
            models: models,
            order: routing == nil ? .arrival : .time
        )
        let own = claim.map { context.with(stateDirectory: $0.directory(of: $0.ring.own)) } ?? context
        let lock = try await claim?.takeOwn(logger: context.logger)
        let estate = try await DetectorEstate(parts, context: own, readiness: readiness, routing: routing)
        let host = estate.host

        let routes = MonitorRoutes(
            host: host,
            installer: estate.installer,
            peers: try PeerCalls(ring: routing?.ring, context: context),
            uploadLimit: try settings.value(HTTPSettings.bodyLimit)
        )
        let inference = DetectorInference(
            host: host,
            concurrency: try settings.value(DetectorSettings.inferConcurrency)
        )
        server = try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: address),
            hotRoutes: [estate.line.intake.route(), inference.route],
            operations: [EventIntake.operation(), DetectorInference.operation] + MonitorRoutes.operations,
            readiness: readiness,
            routes: { routes.add(to: $0) }
        )
        // The lock is taken first and let go last.
        var services: [any Service] = lock.map { [StateLock(lock: $0)] } ?? []
        services += estate.services
        if let routing { services.append(routing) }
        if let routing, let claim {
            services.append(StateTakeover(claim: claim, routing: routing, parts: parts, context: context))
        }
        self.services =
            services + [DetectorListener(server: server, worker: estate.line.worker, position: estate.changed)]
        self.host = host
    }

    /// The settings of a detector that listens at `address`.
    package static func settings(listen address: String) -> [any Setting] {
        HTTPSettings.keys(listen: address) + EventLine.settings + DetectorSettings.keys + PeerSettings.keys
    }
}
