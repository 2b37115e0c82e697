import ServiceKit
import Testing

@Suite struct `Metrics registry` {
    @Test func `writes counters, gauges and histograms as Prometheus reads them`() {
        let registry = MetricsRegistry()
        let events = registry.counter("vedette_events_total", "Events.", labels: ["type", "outcome"])
        events.with("b", "handled").increment()
        events.with("a \"quoted\"\\\n", "failed").increment(by: 2)
        registry.gauge("vedette_level", "A \\ level\nof two lines.").set(1.5)
        let durations = registry.histogram("vedette_duration_seconds", "Durations.", buckets: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { durations.observe(value) }

        #expect(
            registry.text() == """
                # HELP vedette_duration_seconds Durations.
                # TYPE vedette_duration_seconds histogram
                vedette_duration_seconds_bucket{le="0.1"} 2
                vedette_duration_seconds_bucket{le="1"} 3
                vedette_duration_seconds_bucket{le="+Inf"} 4
                vedette_duration_seconds_sum 7.65
                vedette_duration_seconds_count 4
                # HELP vedette_events_total Events.
                # TYPE vedette_events_total counter
                vedette_events_total{type="a \\"quoted\\"\\\\\\n",outcome="failed"} 2
                vedette_events_total{type="b",outcome="handled"} 1
                # HELP vedette_level A \\\\ level\\nof two lines.
                # TYPE vedette_level gauge
                vedette_level 1.5

                """
        )
    }

    @Test func `gives the same series to whoever declares the same`() {
        let registry = MetricsRegistry()
        registry.counter("vedette_x_total", "X.", labels: ["a"]).with("1").increment()
        registry.counter("vedette_x_total", "X.", labels: ["a"]).with("1").increment()
        #expect(registry.value("vedette_x_total", ["a": "1"]) == 2)
    }

    @Test func `bounds the series of a family`() {
        let registry = MetricsRegistry()
        let family = registry.counter("vedette_x_total", "X.", labels: ["a"])
        for number in 0..<(MetricsRegistry.seriesLimit + 10) { family.with(String(number)).increment() }
        #expect(registry.value("vedette_x_total", ["a": "other"]) == 10)
    }

    @Test func `counts exactly from many threads`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("vedette_x_total", "X.").with()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { counter.increment() } } }
        }
        #expect(counter.value == 8000)
    }

    @Test func `labels events by types that it knows`() {
        let registry = MetricsRegistry()
        let metrics = EventMetrics(registry)
        metrics.count(.handled, type: "io.vedette.inference.request")
        metrics.count(.handled, type: "made.up.by.a.stranger")
        #expect(
            registry.value("vedette_events_total", ["type": "io.vedette.inference.request", "outcome": "handled"]) == 1
        )
        #expect(registry.value("vedette_events_total", ["type": "other", "outcome": "handled"]) == 1)
    }
}
