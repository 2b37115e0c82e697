import CloudEvents
import EventStore
import ServiceKit

/// An alert as a route tells of it: what happened, in words for people, and the key that makes each telling one.
struct AlertMessage: Sendable {
    let alert: Alert
    let event: CloudEvent
    /// The address of the alert's page, where the process knows its own.
    let page: String?

    /// - Parameter base: The address at which people reach the pages.
    /// - Throws: What is wrong with the event, which the process made itself.
    init(_ event: OutgoingEvent, base: String?) throws {
        self.event = try event.event()
        let alert = try Alert(json: self.event.dataTree())
        self.alert = alert
        page = base.map { "\($0)/alerts/\(alert.id)" }
    }

    /// The same at every attempt, and another for every change of an alert.
    var key: String { event.id }

    var isOver: Bool { alert.state == .closed }

    /// One line: `Critical: drift of digits (digits-ks)`.
    var subject: String {
        let what = "\(alert.kind) of \(alert.key.model) (\(alert.key.monitor))"
        return isOver ? "Over: \(what)" : "\(alert.severity == .critical ? "Critical" : "Warning"): \(what)"
    }

    /// Names and values, in the order in which a person wants them.
    var facts: [(name: String, value: String)] {
        var facts = [("Model", alert.version.map { "\(alert.key.model), version \($0)" } ?? alert.key.model)]
        facts.append(("Monitor", alert.method.map { "\(alert.key.monitor) (\($0))" } ?? alert.key.monitor))
        if alert.key.namespace != "default" { facts.append(("Namespace", alert.key.namespace)) }
        if let owner = alert.owner { facts.append(("Owner", owner)) }
        facts.append(
            ("Opened", "\(alert.openedAt.rfc3339.prefix(19).split(separator: "T").joined(separator: " ")) UTC")
        )
        if let runbook = alert.runbookURL { facts.append(("Runbook", runbook)) }
        if let page { facts.append(("Page", page)) }
        facts.append(("Incident", alert.incident))
        return facts.map { (name: $0.0, value: $0.1) }
    }
}
