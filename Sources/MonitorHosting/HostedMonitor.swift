import CloudEvents
import JSON
import Methods
import Monitoring
import Prediction
import ServiceKit

/// A monitor's place in a process: who owns its name, and which artefact it was made of.
package struct HostedMonitor: Sendable, Equatable {
    /// Who owns the name.
    package enum Origin: String, Sendable {
        /// The watched folder.
        case folder
        /// A PUT.
        case uploaded
    }

    /// Who owns the name.
    package let origin: Origin
    /// The artefact's key in the ``ArtefactStore``.
    package let key: String
}

/// Why the newest artefact under a name does not run; the one before it may.
package struct MonitorRefusal: Sendable {
    /// Who brought it.
    package let origin: HostedMonitor.Origin
    /// What was wrong with it.
    package let error: any Error
}

/// What `GET /v1/monitors/{name}` says.
struct MonitorDescription {
    let name: String
    let origin: HostedMonitor.Origin
    let running: Monitor?
    let refusal: MonitorRefusal?

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "origin": .string(origin.rawValue),
            "state": .string(running == nil ? "refused" : "running"),
        ]
        if let refusal {
            let told = RefusalText(refusal.error)
            object["error"] = .string(told.message)
            object["code"] = .string(told.code)
            object["remedy"] = .string(told.remedy)
        }
        guard let running else { return .object(object) }
        for (name, value) in Self.facts(of: running) { object[name] = value }
        return .object(object)
    }

    private static func facts(of monitor: Monitor) -> JSONObject {
        let selection = monitor.selection
        let reading = monitor.reading
        return [
            "kind": .string(monitor.kind.rawValue), "method": .string(monitor.fitted.configuration.method),
            "config_hash": .string(monitor.fitted.configHash), "status": .string(reading.status.rawValue),
            "namespace": .string(selection.namespace), "model": .string(selection.model),
            "version": selection.version.map { .string($0) } ?? .null,
            "endpoint": selection.endpoint.map { .string($0) } ?? .null,
            "component": .string(selection.component), "event": .string(selection.event.rawValue),
            "window": [
                "rows": .integer(Int64(reading.windowRows)), "size": .integer(Int64(selection.window.size)),
                "every": .integer(Int64(selection.window.every)),
            ],
            "last_row": reading.lastRow.map { .string($0.rfc3339) } ?? .null,
            "last_test": reading.lastTest.map { .string($0.rfc3339) } ?? .null,
            "statistic": reading.statistic.map { .number($0) } ?? .null,
            "p_value": reading.pValue.map { .number($0) } ?? .null,
            "threshold": reading.threshold.map { .number($0) } ?? .null,
            "counts": counts(of: monitor),
        ]
    }

    private static func counts(of monitor: Monitor) -> JSONValue {
        let counts: [(String, UInt64)] = [
            ("rows", monitor.counts.rows), ("excluded_rows", monitor.counts.excludedRows),
            ("late_rows", monitor.lateRows), ("untested_rows", monitor.counts.untestedRows),
            ("unpaired_halves", monitor.unpairedHalves), ("failed_responses", monitor.counts.failedResponses),
            ("foreign_version_rows", monitor.counts.foreignVersionRows), ("looks", monitor.counts.looks),
            ("alarms", monitor.counts.alarms), ("evicted_lanes", monitor.counts.evictedLanes),
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
        case let error as PredictionError: (code, message, remedy) = (error.code.name, error.message, error.remedy)
        case let error as any DescribedError: (code, message, remedy) = (error.errorCode, error.message, error.remedy)
        default: (code, message, remedy) = ("refused", "\(error)", "The log of the service says more")
        }
    }
}
