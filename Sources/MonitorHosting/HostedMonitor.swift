import CloudEvents
import JSON
package import Methods
import Monitoring
import ServiceKit

/// A monitor's place in a process: where it came from, and whether it runs.
package struct HostedMonitor: Sendable {
    /// Who owns the name.
    package enum Origin: String, Sendable {
        /// The watched folder.
        case folder
        /// A PUT.
        case uploaded
    }

    /// Who owns the name.
    package let origin: Origin
    /// What runs; nil when the artefact was refused and nothing ran before.
    package var artefact: Artefact?
    /// Why the newest artefact was refused.
    package var refusal: (any Error)?
}

extension HostedMonitor {
    /// What `GET /v1/monitors/{name}` says of it.
    func json(named name: String, running monitor: Monitor?) -> JSONValue {
        var object: JSONObject = [
            "name": .string(name), "origin": .string(origin.rawValue),
            "state": .string(monitor == nil ? "refused" : "running"),
        ]
        if let refusal {
            let told = RefusalText(refusal)
            object["error"] = .string(told.message)
            object["code"] = .string(told.code)
            object["remedy"] = .string(told.remedy)
        }
        guard let monitor else { return .object(object) }
        let selection = monitor.selection
        object["kind"] = .string(monitor.kind.rawValue)
        object["method"] = .string(monitor.fitted.configuration.method)
        object["config_hash"] = .string(monitor.fitted.configHash)
        object["status"] = .string(monitor.reading.status.rawValue)
        object["namespace"] = .string(selection.namespace)
        object["model"] = .string(selection.model)
        object["version"] = selection.version.map { .string($0) } ?? .null
        object["endpoint"] = selection.endpoint.map { .string($0) } ?? .null
        object["component"] = .string(selection.component)
        object["event"] = .string(selection.event.rawValue)
        object["window"] = [
            "rows": .integer(Int64(monitor.reading.windowRows)), "size": .integer(Int64(selection.window.size)),
            "every": .integer(Int64(selection.window.every)),
        ]
        object["last_row"] = monitor.reading.lastRow.map { .string($0.rfc3339) } ?? .null
        object["last_test"] = monitor.reading.lastTest.map { .string($0.rfc3339) } ?? .null
        object["statistic"] = monitor.reading.statistic.map { .number($0) } ?? .null
        object["p_value"] = monitor.reading.pValue.map { .number($0) } ?? .null
        object["threshold"] = monitor.reading.threshold.map { .number($0) } ?? .null
        object["counts"] = Self.counts(of: monitor)
        return .object(object)
    }

    private static func counts(of monitor: Monitor) -> JSONValue {
        let counts: [(String, UInt64)] = [
            ("rows", monitor.counts.rows), ("excluded_rows", monitor.counts.excludedRows),
            ("late_rows", monitor.lateRows), ("untested_rows", monitor.counts.untestedRows),
            ("unpaired_halves", monitor.unpairedHalves), ("failed_responses", monitor.counts.failedResponses),
            ("foreign_version_rows", monitor.counts.foreignVersionRows), ("looks", monitor.counts.looks),
            ("alarms", monitor.counts.alarms),
        ]
        return .object(JSONObject(counts.map { ($0, .integer(Int64(clamping: $1))) }))
    }
}

/// An error of any library in the three parts of an answer.
struct RefusalText {
    let code: String
    let message: String
    let remedy: String

    init(_ error: any Error) {
        switch error {
        case let error as MethodError: (code, message, remedy) = (error.code.name, error.message, error.remedy)
        case let error as MonitoringError: (code, message, remedy) = (error.code.name, error.message, error.remedy)
        case let error as any DescribedError: (code, message, remedy) = (error.errorCode, error.message, error.remedy)
        default: (code, message, remedy) = ("refused", "\(error)", "The log of the service says more")
        }
    }
}
