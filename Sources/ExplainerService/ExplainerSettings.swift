import ModelHosting
import MonitorHosting
package import ServiceKit

/// The settings of the explainer, beside those of every process and listener.
package enum ExplainerSettings {
    /// Where it listens when nothing else is said.
    package static let address = "127.0.0.1:8094"
    /// The folder of explainers.
    package static let directory = SettingKey(
        "explainers.directory",
        default: String?.none,
        "The folder of explainers, one folder each with its explainer.toml; native models without one get the defaults."
    )
    /// How many requests are explained at once.
    package static let concurrency = SettingKey(
        "explain.concurrency",
        default: 2,
        "How many requests are explained at once; one more is answered 503 with Retry-After.",
        allowed: "1 to 1024",
        where: { (1...1024).contains($0) }
    )
    /// How many rows one request may bring.
    package static let rowLimit = SettingKey(
        "explain.rows.limit",
        default: 256,
        "How many rows one request may bring; more are answered 413.",
        allowed: "1 to 100000",
        where: { (1...100_000).contains($0) }
    )

    /// All of them, and those of the listener.
    package static var keys: [any Setting] {
        HTTPSettings.keys(listen: address) + [directory, DetectorSettings.models, concurrency, rowLimit]
            + ReferenceSettings.keys + ModelHosting.settings
    }
}
