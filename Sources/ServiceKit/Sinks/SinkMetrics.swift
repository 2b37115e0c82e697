import CloudEvents
import Synchronization

/// What is counted of a sink.
///
/// Events that were offered add up: each is once delivered, deadlettered, dropped, or still in the spool; thinned ones
/// are counted besides.
struct SinkMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        /// The sink took it.
        case delivered
        /// It was given up and kept as a dead letter.
        case deadlettered
        /// There was no room for it, neither in the spool nor in the dead letters.
        case dropped
        /// It lost its data because the spool was full.
        case thinned
    }

    private let events: [Outcome: Counter]
    private let requests: Counters
    private let durations: Histogram
    private let sink: String
    private let state = SharedState()

    /// What a scrape reads: an age grows while nothing happens.
    private final class SharedState: Sendable {
        let oldest = Atomic<Int64>(0)
        let spoolBytes = Atomic<Int>(0)
        let spoolEvents = Atomic<Int>(0)
    }

    init(_ registry: MetricsRegistry, sink: String) {
        let family = registry.counter(
            "vedette_sink_events_total",
            "Events for a sink, by what became of them.",
            labels: ["sink", "outcome"]
        )
        events = Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0, family.with(sink, $0.rawValue)) })
        self.sink = sink
        requests = registry.counter(
            "vedette_sink_requests_total",
            "Requests to a sink, by the status that it answered; none where there was no answer.",
            labels: ["sink", "code"]
        )
        durations = registry.histogram(
            "vedette_sink_request_duration_seconds",
            "How long a sink took to answer a request.",
            labels: ["sink"]
        ).with(sink)
        let age = registry.gauge(
            "vedette_sink_oldest_event_age_seconds",
            "How long the oldest event that is not delivered has waited, 0 when none waits.",
            labels: ["sink"]
        )
        let spool = registry.gauge("vedette_sink_spool_bytes", "Bytes of the spool of a sink.", labels: ["sink"])
        let depth = registry.gauge(
            "vedette_sink_spool_events",
            "Events in the spool of a sink that it has not taken yet.",
            labels: ["sink"]
        )
        registry.onCollect { [state] in
            let oldest = state.oldest.load(ordering: .relaxed)
            age.with(sink).set(
                oldest == 0 ? 0 : max(0, (Timestamp.now() - Timestamp(nanoseconds: oldest)) / .seconds(1))
            )
            spool.with(sink).set(Double(state.spoolBytes.load(ordering: .relaxed)))
            depth.with(sink).set(Double(state.spoolEvents.load(ordering: .relaxed)))
        }
    }

    func count(_ outcome: Outcome, _ amount: Int = 1) {
        if amount > 0 { events[outcome]?.increment(by: Double(amount)) }
    }

    /// Counts a request that was answered, or was not.
    func answered(_ answer: SinkAnswer, after duration: Duration) {
        let code = if case .status(let status, _) = answer, (100..<600).contains(status) { "\(status)" } else { "none" }
        requests.with(sink, code).increment()
        durations.observe(duration / .seconds(1))
    }

    /// - Parameters:
    ///   - oldest: When the oldest event that is not delivered came, in nanoseconds since 1970.
    ///   - spoolEvents: How many are not.
    func set(oldest: Int64?, spoolBytes: Int, spoolEvents: Int) {
        state.oldest.store(oldest ?? 0, ordering: .relaxed)
        state.spoolBytes.store(spoolBytes, ordering: .relaxed)
        state.spoolEvents.store(spoolEvents, ordering: .relaxed)
    }
}
