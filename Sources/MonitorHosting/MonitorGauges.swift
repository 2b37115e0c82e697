import CloudEvents
import Methods
import Monitoring
import ServiceKit

/// The metrics of monitors, by the names of the contracts.
///
/// The status is a number: 0 learning, 1 ok, 2 recovering, 3 insufficient, 4 alarm, 5 error. What a monitor has not seen
/// yet has no series.
struct MonitorGauges: Sendable {
    private static let labels = ["namespace", "model", "monitor"]

    private let status: Gauges
    private let windowRows: Gauges
    private let lastRow: Gauges
    private let lastTest: Gauges
    private let statistic: Gauges
    private let pValue: Gauges
    private let threshold: Gauges
    private let alarms: Counters
    private let evictedLanes: Counters
    private let featureStatistic: Gauges
    private let featurePValue: Gauges
    private let undecodable: Counters

    init(registry: MetricsRegistry) {
        func gauge(_ name: String, _ help: String, _ more: [String] = []) -> Gauges {
            registry.gauge("vedette_monitor_\(name)", help, labels: Self.labels + more)
        }
        status = gauge("status", "0 learning, 1 ok, 2 recovering, 3 insufficient, 4 alarm, 5 error.")
        windowRows = gauge("window_rows", "Rows that wait for the next look.")
        lastRow = gauge("last_row_timestamp_seconds", "Event time of the newest row.")
        lastTest = gauge("last_test_timestamp_seconds", "Time of the newest look.")
        statistic = gauge("statistic", "The newest statistic or score.")
        pValue = gauge("p_value", "The newest p-value of a whole window.")
        threshold = gauge("threshold", "The level of the newest look, or the threshold of scores.")
        alarms = registry.counter("vedette_monitor_alarms_total", "Alarms that began.", labels: Self.labels)
        evictedLanes = registry.counter(
            "vedette_monitor_evicted_lanes_total",
            "Endpoints or versions whose windows and tests made room for others.",
            labels: Self.labels
        )
        featureStatistic = gauge("feature_statistic", "The newest statistic of a feature.", ["feature"])
        featurePValue = gauge("feature_p_value", "The newest p-value of a feature.", ["feature"])
        undecodable = registry.counter(
            "vedette_undecodable_payloads_total",
            "Payloads that could not be decoded.",
            labels: ["reason"]
        )
    }

    /// Shows what a monitor reads now.
    func show(_ monitor: Monitor) {
        let (namespace, model, name) = (monitor.selection.namespace, monitor.selection.model, monitor.name)
        let reading = monitor.reading
        status.with(namespace, model, name).set(Double(reading.status.number))
        windowRows.with(namespace, model, name).set(Double(reading.windowRows))
        let alarms = alarms.with(namespace, model, name)
        alarms.increment(by: max(0, Double(monitor.counts.alarms) - alarms.value))
        let evicted = evictedLanes.with(namespace, model, name)
        evicted.increment(by: max(0, Double(monitor.counts.evictedLanes) - evicted.value))
        if let time = reading.lastRow { lastRow.with(namespace, model, name).set(time.seconds) }
        if let time = reading.lastTest { lastTest.with(namespace, model, name).set(time.seconds) }
        if let value = reading.statistic { statistic.with(namespace, model, name).set(value) }
        if let value = reading.pValue { pValue.with(namespace, model, name).set(value) }
        if let value = reading.threshold { threshold.with(namespace, model, name).set(value) }
        for feature in reading.features {
            featureStatistic.with(namespace, model, name, feature.name).set(feature.statistic)
            if let value = feature.pValue { featurePValue.with(namespace, model, name, feature.name).set(value) }
        }
    }

    /// Shows these monitors and no others.
    func showOnly(_ monitors: some Sequence<Monitor>) {
        for family in [
            status, windowRows, lastRow, lastTest, statistic, pValue, threshold, featureStatistic, featurePValue,
        ] { family.removeAll() }
        // What was counted of those that stay is kept, also where their state began anew.
        let names = Set(monitors.map { [$0.selection.namespace, $0.selection.model, $0.name] })
        for family in [alarms, evictedLanes] { family.keepOnly(names) }
        for monitor in monitors { show(monitor) }
    }

    /// Counts a payload that no monitor could read.
    func countUndecodable(_ reason: ExclusionReason) { undecodable.with(reason.name).increment() }
}

extension VerdictStatus {
    /// The status as a gauge shows it: the higher, the sooner somebody should look.
    var number: Int {
        switch self {
        case .learning: 0
        case .ok: 1
        case .recovering: 2
        case .insufficient: 3
        case .alarm: 4
        case .error: 5
        }
    }
}
