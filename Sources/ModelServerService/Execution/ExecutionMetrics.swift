package import ServiceKit
import Synchronization

/// What is counted of requests between their arrival and their answer.
package final class ExecutionMetrics: Sendable {
    /// Why a request was answered 503 before any model saw it.
    enum Refusal: String {
        case serverLimit = "server_limit"
        case modelLimit = "model_limit"
        case loading
    }

    /// What became of a copy for a shadow.
    enum Copy: String { case answered, failed, dropped }

    private let registry: MetricsRegistry
    private let refusals: Counters
    private let batches: Histograms
    private let waits: Histograms
    private let copies: Counters
    private let waitingRequests: Gauge
    private let underWayRequests: Gauge
    private let series = Mutex<[String: (batches: Histogram, waits: Histogram)]>([:])

    package init(_ registry: MetricsRegistry) {
        self.registry = registry
        refusals = registry.counter(
            "vedette_inference_refusals_total",
            "Requests that were answered 503 because a limit was reached.",
            labels: ["model", "reason"]
        )
        batches = registry.histogram(
            "vedette_batch_requests",
            "Requests that one call of a model answered, of those that went to a thread.",
            labels: ["model"],
            buckets: [1, 2, 4, 8, 16, 32, 64, 128]
        )
        waits = registry.histogram(
            "vedette_queue_seconds",
            "How long requests waited for a thread.",
            labels: ["model"]
        )
        copies = registry.counter(
            "vedette_shadow_copies_total",
            "Copies of requests for shadow versions, by what became of them.",
            labels: ["model", "outcome"]
        )
        waitingRequests = registry.gauge("vedette_requests_waiting", "Requests that wait for a thread.").with()
        underWayRequests = registry.gauge("vedette_requests_under_way", "Requests that have no answer yet.").with()
    }

    func onCollect(waiting: @escaping @Sendable () -> Int?) {
        registry.onCollect { [waitingRequests] in
            if let count = waiting() { waitingRequests.set(Double(count)) }
        }
    }

    func onCollect(underWay: @escaping @Sendable () -> Int?) {
        registry.onCollect { [underWayRequests] in
            if let count = underWay() { underWayRequests.set(Double(count)) }
        }
    }

    /// - Parameter model: Empty where none was found.
    func refused(_ reason: Refusal, model: String = "") { refusals.with(model, reason.rawValue).increment() }

    func copied(_ outcome: Copy, model: String) { copies.with(model, outcome.rawValue).increment() }

    /// Requests that one call of a model answered.
    func ran(_ requests: Int, model: String) { series(of: model).batches.observe(Double(requests)) }

    func waited(_ nanoseconds: Int64, model: String) { series(of: model).waits.observe(Double(nanoseconds) * 1e-9) }

    private func series(of model: String) -> (batches: Histogram, waits: Histogram) {
        series.withLock { series in
            if let known = series[model] { return known }
            let new = (batches: batches.with(model), waits: waits.with(model))
            series[model] = new
            return new
        }
    }
}
