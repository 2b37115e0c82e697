package import Journal
package import ServiceLifecycle

/// The whole way of an event through a service, wired: door, journal, worker, outbox, sinks.
///
/// ```swift
/// let line = try EventLine(context: context, consumer: consumer)
/// let server = try HTTPServer(context: context, listen: DriftConfiguration.listen, hotRoutes: [line.intake.route()], …)
/// return line.services + [server]  // they stop in reverse: first the door, then the worker, then the sinks
/// ```
package struct EventLine: Sendable {
    package let journal: Journal
    package let intake: EventIntake
    package let worker: ConsumerWorker
    package let delivery: EventDelivery
    package let metrics: EventMetrics
    /// Where events are taken from a stream besides.
    package let subscriber: NATSSubscriber?

    /// Opens journal, outbox and snapshots under the state directory.
    ///
    /// - Parameters:
    ///   - routing: Where events belong, for one of several replicas.
    ///   - subscribes: Whether it takes events from the stream of the settings, where there is one.
    ///   - prepare: What the door does with an event before it is kept; see ``EventIntake/Preparation``.
    package init(
        context: SidecarContext,
        consumer: any EventConsumer,
        readiness: Readiness = Readiness(),
        routing: PeerRouting? = nil,
        subscribes: Bool = true,
        prepare: @escaping EventIntake.Preparation = { $0 }
    ) throws {
        let settings = context.settings
        metrics = EventMetrics(context.metrics)
        journal = try Journal(
            directory: "\(context.stateDirectory)/inbox",
            configuration: JournalConfiguration(
                durability: try settings.value(ConsumerSettings.durability),
                commitInterval: try settings.value(ConsumerSettings.commitInterval),
                capacityBytes: try settings.value(ConsumerSettings.capacity)
            )
        )
        delivery = try EventDelivery(context: context)
        let desk = ReplyDesk()
        let reply = try settings.value(ConsumerSettings.reply)
        intake = EventIntake(
            journal: journal,
            desk: desk,
            reply: reply == .auto ? (delivery.hasSinks ? .never : .prefer) : reply,
            replyTimeout: try settings.value(ConsumerSettings.replyTimeout),
            metrics: metrics,
            references: try DataReferences(context: context),
            routing: routing,
            prepare: prepare
        )
        subscriber = subscribes ? try NATSSubscriber(context: context, intake: intake) : nil
        worker = ConsumerWorker(
            journal: journal,
            consumer: consumer,
            delivery: delivery,
            desk: desk,
            snapshots: try SnapshotStore(directory: "\(context.stateDirectory)/snapshots"),
            configuration: ConsumerWorker.Configuration(
                snapshotInterval: try settings.value(ConsumerSettings.snapshotInterval),
                tickInterval: try settings.value(ConsumerSettings.tickInterval),
                deduplicationLimit: try settings.value(ConsumerSettings.deduplicationLimit),
                deduplicationLifetime: try settings.value(ConsumerSettings.deduplicationLifetime),
                verdictTypes: try settings.value(ConsumerSettings.verdictTypes) ?? .standard
            ),
            metrics: context.metrics,
            readiness: readiness,
            logger: context.logger
        )
    }

    /// In the order in which they start; the listener comes after them.
    package var services: [any Service] { [delivery, worker] + (subscriber.map { [$0] } ?? []) }

    /// The settings that the line reads.
    package static var settings: [any Setting] {
        ConsumerSettings.keys + SinkSettings.keys + SubscriptionSettings.keys + ReferenceSettings.keys
    }
}
