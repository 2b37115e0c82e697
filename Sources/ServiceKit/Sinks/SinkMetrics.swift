/// What is counted of a sink. Events that were offered add up: each is once delivered, deadlettered, dropped, or still
/// in the spool; thinned ones are counted besides.
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

    private let events: Counters
    private let age: Gauges
    private let spool: Gauges
    private let sink: String

    init(_ registry: MetricsRegistry, sink: String) {
        self.sink = sink
        events = registry.counter(
            "vedette_sink_events_total",
            "Events for a sink, by what became of them.",
            labels: ["sink", "outcome"]
        )
        age = registry.gauge(
            "vedette_sink_oldest_event_age_seconds",
            "How long the oldest event that is not delivered has waited, 0 when none waits.",
            labels: ["sink"]
        )
        spool = registry.gauge("vedette_sink_spool_bytes", "Bytes of the spool of a sink.", labels: ["sink"])
        for outcome in Outcome.allCases { events.with(sink, outcome.rawValue).increment(by: 0) }
    }

    func count(_ outcome: Outcome, _ amount: Int = 1) {
        events.with(sink, outcome.rawValue).increment(by: Double(amount))
    }

    func set(age seconds: Double, spoolBytes: Int) {
        age.with(sink).set(seconds)
        spool.with(sink).set(Double(spoolBytes))
    }
}
