import Synchronization

/// The metrics of a process, written as Prometheus text.
///
/// A family is declared once by whoever owns it; declaring it again with the same shape gives the same family.
/// Label values come from small fixed sets or configured names. As a last fence a family holds at most
/// ``seriesLimit`` series, and what is over it is counted under the value `other`.
package final class MetricsRegistry: Sendable {
    /// How many label combinations one family may have.
    package static let seriesLimit = 20_000

    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// A family of counters; the name ends in `_total`.
    package func counter(_ name: String, _ help: String, labels: [String] = []) -> Counters {
        precondition(name.hasSuffix("_total"), "a counter's name ends in _total: \(name)")
        return Counters(family: family(name, help, labels, .counter))
    }

    /// A family of values that go up and down.
    package func gauge(_ name: String, _ help: String, labels: [String] = []) -> Gauges {
        Gauges(family: family(name, help, labels, .gauge))
    }

    /// A family of distributions.
    ///
    /// - Parameter buckets: Upper bounds, ascending, without infinity, in the unit of the name.
    package func histogram(
        _ name: String,
        _ help: String,
        labels: [String] = [],
        buckets: [Double] = Histogram.seconds
    ) -> Histograms {
        Histograms(family: family(name, help, labels, .histogram(buckets)))
    }

    /// Calls `collect` before each exposition, for gauges that are read rather than kept.
    package func onCollect(_ collect: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// All families in the Prometheus text format 0.0.4, sorted by name.
    package func text() -> String {
        for collect in state.withLock({ $0.collectors }) { collect() }
        let families = state.withLock { $0.families.values.sorted { $0.name < $1.name } }
        var text = ""
        for family in families { family.write(to: &text) }
        return text
    }

    /// The value of a counter or gauge as it would be written; nil when there is no such series.
    ///
    /// For tests and pages.
    package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        for collect in state.withLock({ $0.collectors }) { collect() }
        return state.withLock { $0.families[name] }?.value(labels)
    }

    func family(_ name: String, _ help: String, _ labels: [String], _ kind: MetricFamily.Kind) -> MetricFamily {
        state.withLock { state in
            if let family = state.families[name] {
                precondition(
                    family.labels == labels && family.kind == kind,
                    "the metric \(name) is declared twice and differs"
                )
                return family
            }
            let family = MetricFamily(name: name, help: help, labels: labels, kind: kind)
            state.families[name] = family
            return family
        }
    }
}

/// Counters that share a name.
package struct Counters: Sendable {
    let family: MetricFamily

    /// The counter with these label values, in the order of the family's labels.
    ///
    /// Keep it where it is counted often.
    package func with(_ values: String...) -> Counter { Counter(series: family.series(values)) }
    /// The counter without labels.
    package func increment(by amount: Double = 1) { with().increment(by: amount) }
    /// Forgets the series of all other label values: of what is no longer there.
    package func keepOnly(_ values: Set<[String]>) { family.removeAll(but: values) }
}

/// A number that only grows.
package struct Counter: Sendable {
    let series: MetricSeries

    package func increment(by amount: Double = 1) { series.add(amount) }
    package var value: Double { series.value }
}

/// Gauges that share a name.
package struct Gauges: Sendable {
    let family: MetricFamily

    package func with(_ values: String...) -> Gauge { Gauge(series: family.series(values)) }
    /// The gauge without labels.
    package func set(_ value: Double) { with().set(value) }
    /// Forgets all series, so that a collector can write those that are there now.
    package func removeAll() { family.removeAll() }
}

/// A number that goes up and down.
package struct Gauge: Sendable {
    let series: MetricSeries

    package func set(_ value: Double) { series.set(value) }
    package func add(_ amount: Double) { series.add(amount) }
    package var value: Double { series.value }
}

/// Histograms that share a name.
package struct Histograms: Sendable {
    let family: MetricFamily

    package func with(_ values: String...) -> Histogram { Histogram(series: family.series(values)) }
    /// The histogram without labels.
    package func observe(_ value: Double) { with().observe(value) }
}

/// How often values fell below each of some bounds.
package struct Histogram: Sendable {
    /// Bounds for durations from 0.1 ms to 10 s, in seconds.
    package static let seconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    let series: MetricSeries

    package func observe(_ value: Double) { series.observe(value) }
    package func observe(_ duration: Duration) { series.observe(duration / .seconds(1)) }
}
