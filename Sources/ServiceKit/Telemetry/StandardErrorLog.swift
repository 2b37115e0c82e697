import CloudEvents
import Glibc
import JSON
import Logging

/// How a log line looks.
package enum LogFormat: String, Sendable, CaseIterable, SettingValue {
    /// For eyes: time, level, message, `key=value`.
    case text
    /// For machines: one JSON object a line.
    case json
}

/// Writes log lines to standard error, each with one write so that lines of several threads do not mix.
struct StandardErrorLog: LogHandler {
    let label: String
    let format: LogFormat
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let threshold: LogThreshold
    private var ownLevel = Logger.Level.trace

    init(label: String, format: LogFormat, threshold: LogThreshold) {
        self.label = label
        self.format = format
        self.threshold = threshold
    }

    /// The process's level, or what one logger asks for above it.
    var logLevel: Logger.Level {
        get { max(ownLevel, threshold.level) }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts = metadata
        if let provided = metadataProvider?.get() { facts.merge(provided) { $1 } }
        if let given = event.metadata { facts.merge(given) { $1 } }
        if let error = event.error { facts["error"] = "\(error)" }
        var line = Self.line(
            time: Timestamp.now().rfc3339,
            level: event.level,
            service: label,
            message: event.message.description,
            facts: facts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) },
            format: format
        )
        line.append(0x0A)
        line.withUnsafeBytes { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// One line without its end.
    static func line(
        time: String,
        level: Logger.Level,
        service: String,
        message: String,
        facts: [(String, String)],
        format: LogFormat
    ) -> [UInt8] {
        switch format {
        case .json:
            var object: JSONObject = [
                "time": .string(time), "level": .string(level.rawValue), "service": .string(service),
                "message": .string(message),
            ]
            for (key, value) in facts { object[key] = .string(value) }
            return JSONValue.object(object).serialized()
        case .text:
            let tail = facts.map { key, value in
                let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7F }
                return " \(key)=\(isPlain ? value : JSONValue.string(value).text)"
            }
            let oneLine = String(message.map { $0.isNewline ? " " : $0 })
            return Array("\(time) \(level.rawValue) \(service): \(oneLine)\(tail.joined())".utf8)
        }
    }
}
