package import Logging

/// The settings that every process has.
package enum ProcessSettings {
    /// How much is logged.
    package static let logLevel = SettingKey(
        "log.level",
        default: Logger.Level.info,
        "The least level that is logged; debug may be left on in production, trace may not."
    )
    /// How a log line looks.
    package static let logFormat = SettingKey(
        "log.format",
        default: LogFormat.text,
        "How a log line looks on standard error."
    )
    /// How long a stop may take.
    package static let stopTimeout = SettingKey(
        "stop.timeout",
        default: Duration.seconds(25),
        "How long work in hand may take after SIGTERM before the process ends anyway."
    )

    /// Who vouches for servers that the process talks to.
    package static let authoritiesFile = ClientTLS.authoritiesFile

    /// Where state is kept, `state/<service>` under the working directory by default.
    package static func stateDirectory(of service: String) -> SettingKey<String> {
        SettingKey(
            "state.directory",
            default: "state/\(service)",
            "The folder of journals, snapshots and all else that outlives the process."
        )
    }

    /// All of them.
    package static func all(of service: String) -> [any Setting] {
        [logLevel, logFormat, stateDirectory(of: service), stopTimeout] + ClientTLS.keys
    }
}

extension Logger.Level: SettingValue {}
