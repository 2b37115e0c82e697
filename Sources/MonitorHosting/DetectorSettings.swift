package import ServiceKit

/// The settings that the detectors share, beside those of every process, listener, consumer and sink.
package enum DetectorSettings {
    /// The watched folder.
    package static let directory = SettingKey(
        "monitors.directory",
        default: String?.none,
        "The folder of monitors that is watched, one folder each; not set for monitors that come by PUT only."
    )
    /// How often the folder is looked at.
    package static let rescan = SettingKey(
        "monitors.rescan",
        default: Duration.seconds(5),
        "How often the watched folder is looked at for monitors that came, changed or went.",
        allowed: "100ms to 1h",
        where: { $0 >= .milliseconds(100) && $0 <= .seconds(3600) }
    )
    /// Where models are.
    package static let models = SettingKey(
        "models.file",
        default: String?.none,
        "The models.toml that says where models and their schemas are, for monitors that ask a model or name columns."
    )
    /// How many requests are judged at once.
    package static let inferConcurrency = SettingKey(
        "infer.concurrency",
        default: 4,
        "How many requests to a monitor as a V2 model are judged at once; one more is answered 503 with Retry-After.",
        allowed: "1 to 1024",
        where: { (1...1024).contains($0) }
    )

    /// All of them.
    package static let keys: [any Setting] = [directory, rescan, models, inferConcurrency]
}
