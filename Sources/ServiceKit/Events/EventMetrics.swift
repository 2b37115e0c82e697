import CloudEvents

/// What every service counts of events.
///
/// What came in adds up: each event is once handled, refused, dropped or failed.
package struct EventMetrics: Sendable {
    /// What became of an event.
    package enum Outcome: String, Sendable, CaseIterable {
        /// The service did with it what it does.
        case handled
        /// It was not taken: no event, too large, no room.
        case refused
        /// It was a repetition, or nothing of the service asks for it.
        case dropped
        /// The service tried and could not.
        case failed
    }

    private let events: Counters
    private let undecodable: Counters
    private let refusals: Counters

    package init(_ registry: MetricsRegistry) {
        events = registry.counter(
            "vedette_events_total",
            "Events that came in, by what became of them.",
            labels: ["type", "outcome"]
        )
        undecodable = registry.counter(
            "vedette_undecodable_payloads_total",
            "Payloads of events that could not be decoded, by reason.",
            labels: ["reason"]
        )
        refusals = registry.counter(
            "vedette_event_refusals_total",
            "Requests with events that break a rule, by the rule's code.",
            labels: ["code"]
        )
    }

    /// Counts events of a type that share an outcome.
    package func count(_ outcome: Outcome, type: String?, by amount: Int = 1) {
        guard amount > 0 else { return }
        events.with(Self.label(type), outcome.rawValue).increment(by: Double(amount))
    }

    /// Counts a request that was refused for what its events are.
    package func countRefusal(_ error: any Error) {
        refusals.with((error as? any DescribedError)?.errorCode ?? "other").increment()
    }

    /// Counts a payload that could not be decoded.
    ///
    /// - Parameter reason: A code of an error, never a value from the payload.
    package func countUndecodable(reason: String) {
        undecodable.with(reason).increment()
    }

    private static let known = Set(
        EventType.all + [
            EventType.KServe.inferenceRequest, EventType.KServe.inferenceResponse, EventType.Seldon.inferenceRequest,
            EventType.Seldon.inferenceResponse, EventType.Seldon.feedback, EventType.Seldon.outlier,
            EventType.Seldon.drift,
        ]
    )

    /// Types come from requests, so only those that we know may be labels.
    static func label(_ type: String?) -> String {
        guard let type else { return "none" }
        return known.contains(type) ? type : "other"
    }
}
