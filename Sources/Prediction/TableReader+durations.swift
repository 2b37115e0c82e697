package import TOML

extension TableReader {
    /// The duration under a key, or nil where it is absent: `"30s"`, `"5m"`, `"250ms"`, `"30d"`.
    package func optionalDuration(_ key: String) throws(Failure) -> Duration? {
        try optional(key, "a duration such as \"500ms\", \"5m\" or \"30d\"") { $0.text.flatMap(Duration.init(text:)) }
    }
}
