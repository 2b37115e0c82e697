import JSON
import Logging
import ServiceKit

/// How much the process logs, by the names of Triton's logging extension; changes hold until the process ends.
struct LogSettings {
    private let threshold: LogThreshold

    init(_ threshold: LogThreshold) {
        self.threshold = threshold
    }

    /// What is set; logs go to standard error, times are written as ISO 8601 has them.
    var values: JSONObject {
        let level = threshold.level
        return [
            "log_file": "",
            "log_info": .bool(level <= .notice),
            "log_warning": .bool(level <= .warning),
            "log_error": .bool(level <= .error),
            "log_verbose_level": .integer(level <= .trace ? 2 : level <= .debug ? 1 : 0),
            "log_format": "ISO8601",
        ]
    }

    /// Changes what is set.
    ///
    /// - Throws: 400 for a setting that there is not, and for a value that it cannot have; nothing is changed then.
    func change(_ changes: [(name: String, value: JSONValue)]) throws {
        guard !changes.isEmpty else { return }
        var wanted = values
        for (name, value) in changes {
            guard let present = wanted[name] else {
                throw InferenceFailure.badInput(
                    "there is no log setting \(name.prefix(64))",
                    remedy: "There are \(wanted.map(\.0).joined(separator: ", "))"
                )
            }
            switch (name, value) {
            case ("log_info", .bool), ("log_warning", .bool), ("log_error", .bool): wanted[name] = value
            case ("log_verbose_level", .integer(let verbosity)) where verbosity >= 0: wanted[name] = value
            case _ where value == present: break
            default:
                throw InferenceFailure.badInput(
                    "\(name) is \(value.text.prefix(64))",
                    remedy: name.hasPrefix("log_f")
                        ? "Leave it as it is; logs go to standard error, with times in ISO 8601"
                        : "Send true or false, or for log_verbose_level 0, 1 or 2"
                )
            }
        }
        threshold.level = Self.level(wanted)
    }

    /// The level that lets through what is wanted, the least severe first.
    private static func level(_ wanted: JSONObject) -> Logger.Level {
        let isOn = { (name: String) in wanted[name] == true }
        switch wanted["log_verbose_level"]?.int ?? 0 {
        case 2...: return .trace
        case 1: return .debug
        default:
            return isOn("log_info") ? .info : isOn("log_warning") ? .warning : isOn("log_error") ? .error : .critical
        }
    }
}
