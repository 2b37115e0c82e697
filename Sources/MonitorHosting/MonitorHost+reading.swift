import CloudEvents
package import JSON
package import Monitoring
import ServiceKit

/// What can be read of the monitors.
extension MonitorHost {
    /// - Throws: ``ServiceError`` 404 when nobody has the name.
    package func requireKnown(_ name: String) throws {
        guard hosted[name] != nil || refusals[name] != nil else { throw unknown(name) }
    }

    /// The monitor of a name, as it stands.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func monitor(_ name: String) throws -> Monitor {
        guard let monitor = set.monitors[name] else { throw unknown(name) }
        return monitor
    }

    /// All monitors, by name.
    package func list() -> JSONValue {
        let names = Set(hosted.keys).union(refusals.keys).sorted()
        return ["items": .array(names.compactMap { description(of: $0)?.json }), "next": .null]
    }

    /// One monitor.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func describe(_ name: String) throws -> JSONValue {
        guard let description = description(of: name) else { throw unknown(name) }
        return description.json
    }

    private func description(of name: String) -> MonitorDescription? {
        guard let origin = hosted[name]?.origin ?? refusals[name]?.origin else { return nil }
        return MonitorDescription(
            name: name,
            origin: origin,
            running: set.monitors[name],
            refusal: refusals[name]
        )
    }

    /// The newest verdicts of a monitor, newest first, as structured CloudEvents.
    ///
    /// - Throws: ``ServiceError`` 404.
    package func recentVerdicts(of name: String) throws -> JSONValue {
        try requireKnown(name)
        let items = try (verdicts[name] ?? []).reversed().map { try JSONValue(parsing: JSONFormat.encode($0)) }
        return ["items": .array(items), "next": .null]
    }

    private func unknown(_ name: String) -> ServiceError {
        ServiceError(
            .notFound,
            "no monitor is named \(name)",
            remedy: "GET /v1/monitors lists the monitors of this process"
        )
    }
}
