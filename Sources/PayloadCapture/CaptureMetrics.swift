import OpenInference
package import ServiceKit
import Synchronization

/// What the tap and the model server count: requests, and what became of their capture.
package final class CaptureMetrics: Sendable {
    /// What became of the capture of an exchange.
    ///
    /// Together they are all exchanges that were looked at.
    package enum Capture: String, Sendable, CaseIterable {
        /// Its events were offered to every sink's spool.
        case recorded
        /// There was no memory for it, or no room in any spool.
        case dropped
        /// The sample does not hold it.
        case unsampled
        /// Its family of events does not tell of it.
        case untold
        /// No event could be made of it; the log says why.
        case failed
    }

    /// How the redaction of a body ended.
    package enum Redaction: String, Sendable, CaseIterable {
        /// Rules took values from it.
        case rewritten
        /// No rule found anything in it.
        case untouched
        /// It could not be read, and was left out.
        case unreadable
        /// It does not say where the values of a rule are, and was left out.
        case unlocatable
        /// It inflates to too much, and was left out.
        case tooLarge = "too_large"
        /// A rule takes all of it.
        case ruled

        init(_ refusal: RedactionRefusal) {
            self =
                switch refusal {
                case .unreadable: .unreadable
                case .unlocatable: .unlocatable
                case .tooLarge: .tooLarge
                case .ruled: .ruled
                }
        }
    }

    /// What the events that were made amount to, by type.
    package let events: EventMetrics
    private let namespace: String
    private let model: String
    private let version: String
    private let requests: Counters
    private let durations: Histograms
    private let captures: [Capture: Counter]
    private let redactions: Counters
    /// The series that have been counted, by what names them: finding one in the registry costs more.
    private let series = Mutex<[Served: Series]>([:])

    private struct Served: Hashable {
        var model: String
        var version: String
        var status: Int
    }

    private struct Series {
        var requests: Counter
        var durations: Histogram
    }

    /// - Parameters:
    ///   - model: Label of a server that serves one model, from its settings; empty otherwise.
    package init(_ registry: MetricsRegistry, namespace: String, model: String, version: String) {
        self.namespace = namespace
        self.model = model
        self.version = version
        events = EventMetrics(registry)
        requests = registry.counter(
            "vedette_requests_total",
            "Requests answered, by status; 499 where the client left before.",
            labels: ["namespace", "model", "version", "code"]
        )
        durations = registry.histogram(
            "vedette_request_duration_seconds",
            "From a request's head to its response's last byte.",
            labels: ["namespace", "model", "version"]
        )
        let outcomes = registry.counter(
            "vedette_captures_total",
            "Exchanges that were captured, by what became of the capture.",
            labels: ["outcome"]
        )
        redactions = registry.counter(
            "vedette_redacted_payloads_total",
            "Bodies under rules of redaction, by what became of them; all but rewritten and untouched were left out.",
            labels: ["outcome"]
        )
        captures = Dictionary(uniqueKeysWithValues: Capture.allCases.map { ($0, outcomes.with($0.rawValue)) })
    }

    /// Counts a request that was answered.
    ///
    /// - Parameters:
    ///   - duration: In nanoseconds.
    ///   - model: The model that answered, from a fixed set and never from the request; nil for the settings' own.
    package func answered(status: Int, duration: Int64, model: String? = nil, version: String? = nil) {
        let served = Served(model: model ?? self.model, version: version ?? self.version, status: status)
        let found = series.withLock { series in
            if let found = series[served] { return found }
            let new = Series(
                requests: requests.with(namespace, served.model, served.version, String(status)),
                durations: durations.with(namespace, served.model, served.version)
            )
            series[served] = new
            return new
        }
        found.requests.increment()
        found.durations.observe(Double(duration) * 1e-9)
    }

    /// Counts bodies that were redacted.
    package func count(_ redacted: [Redaction: Int]) {
        for (outcome, count) in redacted { redactions.with(outcome.rawValue).increment(by: Double(count)) }
    }

    package func count(_ capture: Capture, by amount: Int = 1) { captures[capture]?.increment(by: Double(amount)) }
}
