import Dashboard
package import EventStore
import Hummingbird
import Journal
import PayloadPaths
package import ServiceKit
package import ServiceLifecycle

/// The durable, queryable record of every exchange, verdict, explanation and label; the only maker of alerts; the pages.
///
/// The way of an event: `POST /` → journal → 202 → worker → store, with what it does to alerts in the same transaction.
/// What follows outside (webhook, sinks, explainer) are errands in the store, done beside that way.
package enum RequestLoggerService {
    /// Builds the services from the settings.
    ///
    /// - Throws: `StartError` with exit code 69 when the store cannot be opened or written, 78 for bad settings.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        try assembled(context).services
    }

    /// What ``services(_:)`` builds, with the parts that a test asks.
    package struct Assembly: Sendable {
        package let services: [any Service]
        package let server: HTTPServer
        package let store: any EventStore
        /// Tells when the store has grown.
        package let tail: StoreTail
    }

    package static func assembled(_ context: SidecarContext) throws -> Assembly {
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
        let paths = try PayloadPaths.mappings(context.settings)
        let tail = StoreTail()
        let metrics = RequestLoggerMetrics(context.metrics)
        let readiness = Readiness()

        let sinks = try EventDelivery(context: context, folder: "outbox")
        let webhook = try configuration.webhook.map { address in
            try EventDelivery(
                context: context.posting(to: address, tokenFile: configuration.webhookTokenFile),
                folder: "webhook"
            )
        }
        let desk = AlertDesk(
            rules: configuration.rules,
            audience: (webhook == nil ? [] : [.webhook]) + (sinks.hasSinks ? [.sink] : []),
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
        let routes = RequestLoggerRoutes(store: store, desk: desk, tail: tail, metrics: metrics)
        let explainer = configuration.explainer.map { address in
            ExplainerClient(
                client: context.httpClient,
                address: address,
                tokenFile: configuration.explainerTokenFile,
                timeout: configuration.explainerTimeout,
                paths: paths
            )
        }
        let pages = PageRoutes(
            store: store,
            dashboard: try Dashboard(),
            metrics: context.metrics,
            paths: paths,
            sinks: (webhook == nil ? [] : ["webhook"]) + (sinks.hasSinks ? ["sinks"] : []),
            canExplain: explainer != nil
        )
        let explain = ExplainRoute(store: store, explainer: explainer, tail: tail)
        let server = try HTTPServer(
            context: context,
            listen: RequestLoggerConfiguration.listen,
            hotRoutes: [intake.route()],
            operations: [EventIntake.operation()] + RequestLoggerRoutes.operations + [ExplainRoute.operation],
            readiness: readiness,
            routes: { router in
                router.add(middleware: StoreErrors())
                routes.add(to: router)
                explain.add(to: router)
                pages.add(to: router)
            }
        )

        var services: [any Service] = [sinks]
        if let webhook {
            services += [
                webhook,
                AlertCourier(store: store, purpose: .webhook, delivery: webhook, tail: tail, logger: context.logger),
            ]
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
                age: configuration.retentionAge,
                bytes: configuration.retentionBytes,
                logger: context.logger
            ),
            RecordWorker(
                journal: journal,
                recorder: Recorder(store: store, desk: desk, paths: paths),
                tail: tail,
                metrics: metrics,
                readiness: readiness,
                logger: context.logger
            ),
            server,
        ]
        return Assembly(services: services, server: server, store: store, tail: tail)
    }
}

extension SidecarContext {
    /// The same process with one sink only: the webhook, as patient as the sinks are, with a token of its own.
    fileprivate func posting(to address: WebAddress, tokenFile: String?) throws -> SidecarContext {
        var arguments = [
            "\(SinkSettings.urls.flag)=webhook=\(address)",
            "\(SinkSettings.timeout.flag)=\(try settings.value(SinkSettings.timeout).settingText)",
            "\(SinkSettings.attempts.flag)=\(try settings.value(SinkSettings.attempts).settingText)",
            "\(SinkSettings.lifetime.flag)=\(try settings.value(SinkSettings.lifetime).settingText)",
        ]
        if let tokenFile { arguments.append("\(SinkSettings.tokenFile.flag)=\(tokenFile)") }
        return SidecarContext(
            name: name,
            settings: try Settings(SinkSettings.keys + ConsumerSettings.journalKeys, arguments: arguments),
            logger: logger,
            metrics: metrics,
            eventLoopGroup: eventLoopGroup,
            httpClient: httpClient,
            stateDirectory: stateDirectory
        )
    }
}
