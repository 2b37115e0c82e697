import CoreMetrics

/// The backend of swift-metrics: what libraries count through it appears in the registry as well.
///
/// Names become `vedette_<label>` with anything but letters, digits and underscores replaced, counters end in `_total`,
/// timers are histograms in seconds.
struct SwiftMetricsBackend: MetricsFactory {
    let registry: MetricsRegistry

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(series: series(label, suffix: "_total", dimensions, .counter))
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        Handler(series: series(label, suffix: "_total", dimensions, .counter))
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        Handler(series: series(label, suffix: "", dimensions, .gauge))
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(
            series: series(label, suffix: "", dimensions, aggregate ? .histogram(Histogram.seconds) : .gauge),
            isHistogram: aggregate
        )
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler(series: series(label, suffix: "_seconds", dimensions, .histogram(Histogram.seconds)), isHistogram: true)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func series(
        _ label: String,
        suffix: String,
        _ dimensions: [(String, String)],
        _ kind: MetricFamily.Kind
    ) -> MetricSeries {
        var name = "vedette_" + Self.legal(label)
        if !name.hasSuffix(suffix) { name += suffix }
        let labels = dimensions.map { Self.legal($0.0) }
        return registry.family(name, "Counted by a library as \(label).", labels, kind).series(dimensions.map(\.1))
    }

    private static func legal(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private final class Handler: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
        TimerHandler
    {
        let series: MetricSeries
        let isHistogram: Bool

        init(series: MetricSeries, isHistogram: Bool = false) {
            self.series = series
            self.isHistogram = isHistogram
        }

        func increment(by amount: Int64) { series.add(Double(amount)) }
        func increment(by amount: Double) { series.add(amount) }
        func decrement(by amount: Double) { series.add(-amount) }
        func set(_ value: Int64) { series.set(Double(value)) }
        func set(_ value: Double) { series.set(value) }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) { if isHistogram { series.observe(value) } else { series.set(value) } }
        func recordNanoseconds(_ duration: Int64) { series.observe(Double(duration) / 1e9) }
        func reset() { series.set(0) }
    }
}
