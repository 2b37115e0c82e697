/// What `--help` prints and documentation shows of settings.
package enum SettingsHelp {
    /// The text of `--help`.
    package static func text(program: String, settings: [any Setting]) -> String {
        let flags = settings.map { $0.isSecret ? $0.variable : $0.flag }
        let width = flags.map(\.count).max() ?? 0
        let lines = zip(settings, flags).map { setting, flag in
            let padding = String(repeating: " ", count: width - flag.count)
            return "  \(flag)\(padding)  \(setting.meaning) [\(defaultText(setting))]"
        }
        return """
            usage: \(program) [--config FILE] [settings]

            Every setting is a flag, an environment variable (--log-level is VEDETTE_LOG_LEVEL) or a member of a JSON
            file ({"log": {"level": "info"}}); a flag wins over the environment, the environment over the file.

            \(lines.joined(separator: "\n"))
              --help  Prints this.
              --version  Prints the version.

            """
    }

    /// The same as a Markdown table, for documentation.
    package static func table(_ settings: [any Setting]) -> String {
        let rows = settings.map { "| `\($0.name)` | \($0.kind) | \(defaultText($0)) | \($0.meaning) |" }
        return (["| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |"] + rows).joined(separator: "\n")
    }

    private static func defaultText(_ setting: any Setting) -> String {
        setting.defaultText.isEmpty ? "not set" : setting.defaultText
    }
}
