package import CloudEvents
package import Journal
import Logging
import ServiceLifecycle

/// Sends events to every sink of the settings: the outbox of detectors, and the spool of the tap and the model server.
///
/// An event that was offered is spooled on disk for each sink, delivered at least once, in order per `partitionkey`,
/// retried, and at last kept as a dead letter; what is lost at a bound is counted exactly. Sinks do not wait for each
/// other.
package struct EventDelivery: Service {
    private struct Sink: Sendable {
        let spool: SinkSpool
        let delivery: SinkDelivery
        /// Nil where the sink gets every event.
        let filter: EventFilter?

        func keep(_ events: [OfferedEvent]) async {
            guard let filter else { return await spool.keep(events) }
            let wanted = events.filter { $0.event.map(filter.matches) ?? false }
            if !wanted.isEmpty { await spool.keep(wanted) }
        }
    }

    private let sinks: [Sink]
    private let types: [String]
    /// Nil where events go on the threads of everything else.
    private let threads: YieldingThreads?

    /// Opens the spools of all sinks.
    ///
    /// - Parameters:
    ///   - folder: Under the state directory, `outbox` for verdicts for example.
    ///   - givesWay: Whether events wait while the process has other work and the cores are busy.
    ///   - transport: Makes the way to a sink, for tests; HTTP or a file by default.
    package init(
        context: SidecarContext,
        folder: String = "outbox",
        givesWay: Bool = false,
        clock: WallClock = .system,
        transport: ((SinkAddress) -> any SinkTransport)? = nil
    ) throws {
        let settings = context.settings
        let addresses = try settings.value(SinkSettings.urls)
        threads = givesWay && !addresses.isEmpty ? try YieldingThreads(settings) : nil
        let ways = SinkWays(
            name: context.name,
            client: threads?.client ?? context.httpClient,
            mode: try settings.value(SinkSettings.mode),
            tokenFile: try settings.value(SinkSettings.tokenFile),
            timeout: try settings.value(SinkSettings.timeout),
            settings: settings
        )
        if let tokenFile = ways.tokenFile { _ = try BearerTokens.first(in: tokenFile) }
        let policy = RetryPolicy(
            attempts: try settings.value(SinkSettings.attempts),
            lifetime: try settings.value(SinkSettings.lifetime)
        )
        types = try settings.value(SinkSettings.types)
        guard Set(addresses.map(\.name)).count == addresses.count else {
            throw SettingsError(
                .conflict,
                key: SinkSettings.urls.name,
                "two sinks have the same name: \(addresses.map(\.name).sorted().joined(separator: ", "))",
                remedy: "Name them: --sink-url a=http://…,b=http://…"
            )
        }
        let filters = try settings.value(SinkSettings.filters)
        if let stranger = filters.names.first(where: { name in !addresses.contains { $0.name == name } }) {
            throw SettingsError(
                .conflict,
                key: SinkSettings.filters.name,
                "no sink is named \(stranger)",
                remedy:
                    "The sinks are \(addresses.map(\.name).sorted().joined(separator: ", ")); name them with name=URL"
            )
        }
        let root = "\(context.stateDirectory)/\(folder)"
        sinks = try addresses.map { address in
            let metrics = SinkMetrics(context.metrics, sink: address.name)
            let directory = "\(root)/\(address.name)"
            let spool = try SinkSpool(
                directory: directory,
                durability: try settings.value(ConsumerSettings.durability),
                commitInterval: try settings.value(ConsumerSettings.commitInterval),
                bytes: try settings.value(SinkSettings.spoolBytes),
                metrics: metrics
            )
            let delivery = SinkDelivery(
                name: address.name,
                spool: spool,
                transport: try transport?(address) ?? ways.transport(to: address),
                policy: policy,
                inFlightLimit: try settings.value(SinkSettings.inFlight),
                batchLimit: ways.batchLimit(to: address),
                deadLetters: DeadLetters(
                    path: "\(root)/\(address.name).deadletters.jsonl",
                    sink: address.name,
                    capacityBytes: try settings.value(SinkSettings.deadLetterBytes)
                ),
                metrics: metrics,
                logger: context.logger,
                clock: clock
            )
            return Sink(spool: spool, delivery: delivery, filter: filters[address.name])
        }
    }

    /// The settings that a delivery reads.
    package static var settings: [any Setting] {
        SinkSettings.keys + [ConsumerSettings.durability, ConsumerSettings.commitInterval]
    }

    /// Whether there is anybody to send to.
    package var hasSinks: Bool { !sinks.isEmpty }

    /// What the spool with the most room would keep of an event that comes now: what is worth the making of it.
    package var room: SpoolRoom { sinks.map(\.spool.room).max() ?? .nothing }

    /// Takes events for every sink; returns when they are as durable as promised, or counted as thinned or dropped.
    ///
    /// One after another, so that they stay in order: whoever offers waits for the return.
    ///
    /// - Parameter cause: The record of a journal that gave rise to them; events that were taken before, by a process
    ///   that was killed since, are not taken again.
    package func offer(_ events: [CloudEvent], cause: JournalPosition? = nil) async {
        let wanted = events.filter { wants($0.type) }
        await spool(
            wanted.enumerated().map { index, event in
                OfferedEvent(event, cause: cause.map { .init(position: $0.rawValue, index: UInt32(index)) })
            }
        )
    }

    /// Takes events that are encoded already, likewise.
    package func offer(_ events: [OfferedEvent]) async {
        await spool(types.isEmpty ? events : events.filter { wants($0.type) })
    }

    private func spool(_ events: [OfferedEvent]) async {
        guard !events.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for sink in sinks.dropFirst() { group.addTask { await sink.keep(events) } }
            await sinks.first?.keep(events)
        }
    }

    /// Delivers until a graceful stop.
    package func run() async throws {
        guard let threads else { return try await deliver() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await withTaskExecutorPreference(threads.executor) { try await deliver() })
        } catch {
            result = .failure(error)
        }
        try await threads.finish()
        try result.get()
    }

    private func deliver() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sink in sinks { group.addTask { try await sink.delivery.run() } }
            if sinks.isEmpty { group.addTask { try? await gracefulShutdown() } }
            try await group.waitForAll()
        }
        for sink in sinks { sink.spool.journal.close() }
    }

    private func wants(_ type: String) -> Bool {
        types.isEmpty || types.contains { type.hasPrefix($0) }
    }
}
