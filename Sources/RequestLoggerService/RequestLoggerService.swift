import Dashboard
package import EventStore
import Hummingbird
import IdentityTokens
import Journal
import PayloadPaths
package import ServiceKit
package import ServiceLifecycle

/// The durable, queryable record of every exchange, verdict, explanation and label; the only maker of alerts; the pages.
///
/// The way of an event: `POST /` → journal → 202 → worker → store, with what it does to alerts in the same transaction.
/// What follows outside (routes, sinks, explainer) are errands in the store, done beside that way.
package enum RequestLoggerService {
    /// Builds the services from the settings.
    ///
    /// - Throws: `StartError` with exit code 69 when the store cannot be opened or written, 78 for bad settings.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        try await assembled(context).services
    }

    /// What ``services(_:)`` builds, with the parts that a test asks.
    package struct Assembly: Sendable {
        package let services: [any Service]
        package let server: HTTPServer
        package let store: any EventStore
        /// Tells when the store has grown.
        package let tail: StoreTail
    }

    package static func assembled(_ context: SidecarContext) async throws -> Assembly {
        let configuration = try RequestLoggerConfiguration(context.settings)
        let store = try StoreChoice.open(
            configuration.store,
            passwordFile: configuration.storePasswordFile,
            stateDirectory: context.stateDirectory
        )
        let journal = try Journal(
            directory: "\(context.stateDirectory)/journal",
            configuration: JournalConfiguration(
                durability: try context.settings.value(ConsumerSettings.durability),
                commitInterval: try context.settings.value(ConsumerSettings.commitInterval),
                capacityBytes: try context.settings.value(ConsumerSettings.capacity)
            )
        )
        let lost = LostRecords(context.metrics, logger: context.logger)
        if let gap = journal.recoveredGap { lost.admit(gap) }
        let journalBytes = context.metrics.gauge("vedette_journal_bytes", "Bytes of the inbox on disk.")
        let lag = context.metrics.gauge(
            "vedette_journal_lag_records",
            "Records of the inbox that are not worked on yet."
        )
        let progress = PositionBox()
        context.metrics.onCollect { [journal] in
            journalBytes.set(Double(journal.bytes))
            lag.set(Double(journal.last.rawValue) - Double(min(progress.value, journal.last).rawValue))
        }
        let paths = try PayloadPaths.mappings(context.settings)
        let tail = StoreTail()
        let metrics = RequestLoggerMetrics(context.metrics)
        let readiness = Readiness()

        let sinks = try EventDelivery(context: context, folder: "outbox")
        let base = configuration.pages?.text
        let ways = configuration.webhookRoute + configuration.file.routes
        let routes = try AlertRoutes(ways, base: base, store: store, context: context)
        let desk = AlertDesk(
            policy: configuration.policy(of: ways, hasSinks: sinks.hasSinks),
            incidents: configuration.incidents,
            explanations: configuration.explainer == nil ? 0 : configuration.explainerInstances
        )

        let intake = EventIntake(
            journal: journal,
            desk: ReplyDesk(),
            reply: .never,
            replyTimeout: .zero,
            metrics: EventMetrics(context.metrics),
            references: try DataReferences(context: context)
        )
        let provider = try await IdentityTokens.open(context)
        let sessions =
            try configuration.sessionKeyFile.map { try PageSessions(secretFile: $0) }
            ?? PageSessions(keyFile: "\(context.stateDirectory)/session.key")
        let guarding = PageGuard(
            sessions: sessions,
            ownHost: base.flatMap { RouteAddress($0, schemes: ["http", "https"])?.host },
            isLocal: try context.settings.value(RequestLoggerConfiguration.listen).isLoopback
                && context.settings.value(HTTPSettings.tokenFile) == nil && provider == nil
        )
        let queries = RequestLoggerRoutes(store: store, tail: tail, paths: paths)
        let exports = ExportRoutes(store: store, paths: paths, directory: context.stateDirectory)
        let actions = ActionRoutes(store: store, desk: desk, tail: tail, metrics: metrics, pages: guarding)
        if configuration.explainer != nil, let file = configuration.explainerTokenFile {
            _ = try BearerTokens.first(in: file)  // read for each call, so that it can be renewed; looked at here too
        }
        let explainer = configuration.explainer.map { address in
            ExplainerClient(
                client: context.httpClient,
                address: address,
                tokenFile: configuration.explainerTokenFile,
                timeout: configuration.explainerTimeout,
                paths: paths
            )
        }
        let dashboard = try Dashboard()
        let pages = PageRoutes(
            store: store,
            dashboard: dashboard,
            metrics: context.metrics,
            paths: paths,
            sinks: ways.map(\.name) + (sinks.hasSinks ? ["sinks"] : []),
            canExplain: explainer != nil
        )
        let explain = ExplainRoute(store: store, explainer: explainer, tail: tail, pages: guarding)
        let signIn = SignInRoutes(
            store: store,
            access: Access(
                tokens: try context.settings.value(HTTPSettings.tokenFile).map { try BearerTokens(file: $0) },
                provider: provider
            ),
            sessions: sessions,
            pages: guarding,
            dashboard: dashboard,
            isSecure: try context.settings.value(HTTPSettings.tlsCertificateFile) != nil
                || base?.hasPrefix("https://") == true
        )
        let server = try HTTPServer(
            context: context,
            listen: RequestLoggerConfiguration.listen,
            hotRoutes: [intake.route()],
            operations: [EventIntake.operation()] + RequestLoggerRoutes.operations + ActionRoutes.operations
                + SignInRoutes.operations + ExportRoutes.operations + [ExplainRoute.operation],
            readiness: readiness,
            sessions: sessions,
            provider: provider,
            routes: { router in
                router.add(middleware: StoreErrors())
                queries.add(to: router)
                exports.add(to: router)
                actions.add(to: router)
                signIn.add(to: router)
                explain.add(to: router)
                pages.add(to: router)
            }
        )

        var services: [any Service] = [sinks]
        if routes.delivery.hasSinks {
            services += [
                routes.delivery,
                AlertCourier(
                    store: store,
                    purpose: .route,
                    delivery: routes.delivery,
                    tail: tail,
                    logger: context.logger
                ),
            ]
            services += routes.services
        }
        if let subscriber = try NATSSubscriber(context: context, intake: intake) { services.append(subscriber) }
        if sinks.hasSinks {
            services.append(
                AlertCourier(store: store, purpose: .sink, delivery: sinks, tail: tail, logger: context.logger)
            )
        }
        if let explainer {
            services.append(
                ExplanationSeeker(store: store, explainer: explainer, tail: tail, logger: context.logger)
            )
        }
        services += [
            Housekeeper(
                store: store,
                journal: journal,
                tail: tail,
                metrics: metrics,
                retention: Retention(
                    payloads: configuration.retentionPayloadsAge,
                    rows: configuration.retentionAge,
                    counts: configuration.retentionCountsAge,
                    bytes: configuration.retentionBytes
                ),
                logger: context.logger
            ),
            RecordWorker(
                journal: journal,
                recorder: Recorder(store: store, desk: desk, paths: paths),
                tail: tail,
                metrics: metrics,
                progress: progress,
                readiness: readiness,
                logger: context.logger
            ),
            server,
        ]
        return Assembly(services: services, server: server, store: store, tail: tail)
    }
}

extension RequestLoggerConfiguration {
    /// The webhook of the settings as a route: it hears when an alert opens and when it ends.
    fileprivate var webhookRoute: [AlertRoute] {
        guard let webhook, let address = RouteAddress(webhook.text, schemes: ["http", "https"]) else { return [] }
        return [
            AlertRoute(
                name: "webhook",
                channel: .cloudEvent(Post(address: .plain(address), tokenFile: webhookTokenFile)),
                hearsOfEscalation: false
            )
        ]
    }

    /// What people decided, from the settings and the file.
    fileprivate func policy(of routes: [AlertRoute], hasSinks: Bool) -> AlertPolicy {
        AlertPolicy(
            defaults: rules,
            rules: file.rules,
            silences: file.silences,
            teams: file.teams,
            recipients: routes.map(\.recipient)
                + (hasSinks ? [AlertRecipient(name: AlertDesk.sinks, hearsOfEscalation: false)] : [])
        )
    }
}
