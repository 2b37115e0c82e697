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
    /// One receiver: its name, the way to it, and what is sent to it.
    package struct Target: Sendable {
        /// Letters, digits, dots and hyphens: it names a folder, and the receiver in logs and metrics.
        package let name: String
        package let transport: any SinkTransport
        /// How many events one request may hold.
        package let batchLimit: Int
        /// Nil where it gets every event.
        let filter: EventFilter?

        package init(name: String, transport: any SinkTransport, batchLimit: Int = 1) {
            self.init(name: name, transport: transport, batchLimit: batchLimit, filter: nil)
        }

        init(name: String, transport: any SinkTransport, batchLimit: Int, filter: EventFilter?) {
            self.name = name
            self.transport = transport
            self.batchLimit = batchLimit
            self.filter = filter
        }
    }

    private struct Sink: Sendable {
        let name: String
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
        let threads = givesWay && !addresses.isEmpty ? try YieldingThreads(settings) : nil
        let ways = SinkWays(
            name: context.name,
            client: threads?.client ?? context.httpClient,
            mode: try settings.value(SinkSettings.mode),
            tokenFile: try settings.value(SinkSettings.tokenFile),
            timeout: try settings.value(SinkSettings.timeout),
            settings: settings
        )
        if let tokenFile = ways.tokenFile { _ = try BearerTokens.first(in: tokenFile) }
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
        try self.init(
            context: context,
            folder: folder,
            clock: clock,
            types: try settings.value(SinkSettings.types),
            threads: threads,
            targets: addresses.map { address in
                Target(
                    name: address.name,
                    transport: try transport?(address) ?? ways.transport(to: address),
                    batchLimit: ways.batchLimit(to: address),
                    filter: filters[address.name]
                )
            }
        )
    }

    /// Opens the spools of receivers that the caller knows the ways to; `sink.*` says how patient it is.
    ///
    /// - Parameter targets: Each with a name of its own.
    package init(
        context: SidecarContext,
        folder: String,
        targets: [Target]
    ) throws {
        try self.init(context: context, folder: folder, clock: .system, types: [], threads: nil, targets: targets)
    }

    private init(
        context: SidecarContext,
        folder: String,
        clock: WallClock,
        types: [String],
        threads: YieldingThreads?,
        targets: [Target]
    ) throws {
        let settings = context.settings
        let policy = RetryPolicy(
            attempts: try settings.value(SinkSettings.attempts),
            lifetime: try settings.value(SinkSettings.lifetime)
        )
        self.types = types
        self.threads = threads
        let root = "\(context.stateDirectory)/\(folder)"
        sinks = try targets.map { target in
            let metrics = SinkMetrics(context.metrics, sink: target.name)
            let spool = try SinkSpool(
                directory: "\(root)/\(target.name)",
                durability: try settings.value(ConsumerSettings.durability),
                commitInterval: try settings.value(ConsumerSettings.commitInterval),
                bytes: try settings.value(SinkSettings.spoolBytes),
                metrics: metrics
            )
            let delivery = SinkDelivery(
                name: target.name,
                spool: spool,
                transport: target.transport,
                policy: policy,
                inFlightLimit: try settings.value(SinkSettings.inFlight),
                batchLimit: target.batchLimit,
                deadLetters: DeadLetters(
                    path: "\(root)/\(target.name).deadletters.jsonl",
                    sink: target.name,
                    capacityBytes: try settings.value(SinkSettings.deadLetterBytes)
                ),
                metrics: metrics,
                logger: context.logger,
                clock: clock
            )
            return Sink(name: target.name, spool: spool, delivery: delivery, filter: target.filter)
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
    /// - Parameters:
    ///   - cause: The record of a journal that gave rise to them; events that were taken before, by a process that was
    ///     killed since, are not taken again.
    ///   - names: Only these receivers get them; all do when it is nil.
    package func offer(_ events: [CloudEvent], cause: JournalPosition? = nil, to names: Set<String>? = nil) async {
        let wanted = events.filter { wants($0.type) }
        await spool(
            wanted.enumerated().map { index, event in
                OfferedEvent(event, cause: cause.map { .init(position: $0.rawValue, index: UInt32(index)) })
            },
            to: names
        )
    }

    /// Takes events that are encoded already, likewise.
    package func offer(_ events: [OfferedEvent]) async {
        await spool(types.isEmpty ? events : events.filter { wants($0.type) })
    }

    private func spool(_ events: [OfferedEvent], to names: Set<String>? = nil) async {
        guard !events.isEmpty else { return }
        let sinks = names.map { names in self.sinks.filter { names.contains($0.name) } } ?? self.sinks
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
