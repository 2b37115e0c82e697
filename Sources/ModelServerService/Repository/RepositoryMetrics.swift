import ServiceKit

/// What the repository counts.
final class RepositoryMetrics: Sendable {
    /// What became of a load.
    enum Load: String { case ready, refused, overdue }

    private let registry: MetricsRegistry
    private let loads: Counters
    private let durations: Histogram
    private let evictions: Counters
    private let settings: Counters
    private let versions: Gauge
    private let bytes: Gauge

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        loads = registry.counter(
            "vedette_model_loads_total",
            "Versions that were loaded, by what became of it.",
            labels: ["model", "outcome"]
        )
        durations = registry.histogram("vedette_model_load_seconds", "How long loading a version took.").with()
        evictions = registry.counter(
            "vedette_model_evictions_total",
            "Versions that were let go to make room for others.",
            labels: ["model"]
        )
        settings = registry.counter(
            "vedette_serving_settings_refused_total",
            "Times that a serving.toml could not be read.",
            labels: ["model"]
        )
        versions = registry.gauge("vedette_models_loaded", "Versions in memory.").with()
        bytes = registry.gauge("vedette_models_bytes", "What the files of the versions in memory take.").with()
    }

    func onCollect(_ memory: @escaping @Sendable () -> (versions: Int, bytes: Int)?) {
        registry.onCollect { [versions, bytes] in
            guard let memory = memory() else { return }
            versions.set(Double(memory.versions))
            bytes.set(Double(memory.bytes))
        }
    }

    func loaded(_ model: String, _ outcome: Load, seconds: Double) {
        loads.with(model, outcome.rawValue).increment()
        durations.observe(seconds)
    }

    func evicted(_ model: String) { evictions.with(model).increment() }
    func settingsRefused(_ model: String) { settings.with(model).increment() }
}
