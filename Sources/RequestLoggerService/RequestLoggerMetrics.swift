import EventStore
import ServiceKit

/// What request-logger counts, by the names of the contracts.
struct RequestLoggerMetrics: Sendable {
    private let events: EventMetrics
    private let open: Gauges
    private let bytes: Gauges
    private let write: Histograms
    private let reused: Counters
    private let told: Counters
    private let withheld: Counters

    init(_ registry: MetricsRegistry) {
        events = EventMetrics(registry)
        open = registry.gauge(
            "vedette_alerts_open",
            "Alerts that are not closed.",
            labels: ["kind", "severity"]
        )
        bytes = registry.gauge("vedette_store_bytes", "Bytes of the store in use.")
        write = registry.histogram("vedette_store_write_seconds", "How long a transaction took to be written.")
        reused = registry.counter(
            "vedette_requestid_reused_total",
            "Requests or responses that opened another attempt under a request id that was used before."
        )
        reused.increment(by: 0)
        told = registry.counter(
            "vedette_alerts_told_total",
            "Changes of alerts that were handed to a route, or to sinks.",
            labels: ["route", "change"]
        )
        withheld = registry.counter(
            "vedette_alerts_withheld_total",
            "Alarms that nobody was told of, by the reason: silence, cooldown, budget.",
            labels: ["reason"]
        )
    }

    func count(_ outcome: AlertDesk.Outcome) {
        for (name, change) in outcome.told { told.with(name, change.rawValue).increment() }
        for reason in outcome.withheld { withheld.with(reason.name).increment() }
    }

    func took(_ report: Recorder.Report, writing duration: Duration) {
        write.with().observe(duration)
        for (type, count) in report.handled { events.count(.handled, type: type, by: count) }
        for (type, count) in report.dropped { events.count(.dropped, type: type, by: count) }
        events.count(.failed, type: nil, by: report.failed)
        for (reason, count) in report.undecodable {
            for _ in 0..<count { events.countUndecodable(reason: reason) }
        }
        count(report.alerts)
        if report.reusedRequestIDs > 0 { reused.increment(by: Double(report.reusedRequestIDs)) }
    }

    /// Reads the gauges from the store.
    func refresh(from store: any EventStore) async throws {
        bytes.set(Double(try await store.bytes()))
        let counts = try await store.openAlertCounts()
        // A label comes from a fixed set, and a verdict from anywhere. Each is there at 0 too, for rules that compare.
        let known = VerdictKind.allCases.map(\.rawValue) + ["silence"]
        for severity in Alert.Severity.allCases {
            for kind in known + ["other"] {
                let matching = counts.filter { count in
                    count.severity == severity && (known.contains(count.kind) ? count.kind : "other") == kind
                }
                open.with(kind, severity.rawValue).set(Double(matching.reduce(0) { $0 + Int($1.count) }))
            }
        }
    }
}
