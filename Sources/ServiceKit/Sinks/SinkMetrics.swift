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
    private let state = SharedState()

    /// What a scrape reads: an age grows while nothing happens.
    private final class SharedState: Sendable {
        let oldest = Atomic<Int64>(0)
        let spoolBytes = Atomic<Int>(0)
    }

    init(_ registry: MetricsRegistry, sink: String) {
        let family = registry.counter(
            "vedette_sink_events_total",
            "Events for a sink, by what became of them.",
            labels: ["sink", "outcome"]
        )
        events = Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0, family.with(sink, $0.rawValue)) })
        let age = registry.gauge(
            "vedette_sink_oldest_event_age_seconds",
            "How long the oldest event that is not delivered has waited, 0 when none waits.",
            labels: ["sink"]
        )
        let spool = registry.gauge("vedette_sink_spool_bytes", "Bytes of the spool of a sink.", labels: ["sink"])
        registry.onCollect { [state] in
            let oldest = state.oldest.load(ordering: .relaxed)
            age.with(sink).set(
                oldest == 0 ? 0 : max(0, (Timestamp.now() - Timestamp(nanoseconds: oldest)) / .seconds(1))
            )
            spool.with(sink).set(Double(state.spoolBytes.load(ordering: .relaxed)))
        }
    }

    func count(_ outcome: Outcome, _ amount: Int = 1) {
        if amount > 0 { events[outcome]?.increment(by: Double(amount)) }
    }

    /// - Parameter oldest: When the oldest event that is not delivered came, in nanoseconds since 1970.
    func set(oldest: Int64?, spoolBytes: Int) {
        state.oldest.store(oldest ?? 0, ordering: .relaxed)
        state.spoolBytes.store(spoolBytes, ordering: .relaxed)
    }
}
