package import JSON

extension Incident {
    /// What it is, without its alerts.
    package var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "id": .string(id), "namespace": JSONValue(alerts.first?.key.namespace), "state": .string(state.rawValue),
            "severity": .string(severity.rawValue), "opened_at": JSONValue(openedAt),
            "updated_at": JSONValue(updatedAt), "closed_at": JSONValue(closedAt), "models": list(models),
            "monitors": list(monitors), "owners": list(owners), "shared_features": list(sharedFeatures),
            "summary": .string(summary), "alert_ids": list(alerts.map(\.id)),
        ]
    }

    /// One sentence about the whole.
    package var summary: String {
        guard let first = alerts.first else { return "" }
        guard alerts.count > 1 else { return first.summary }
        let live = alerts.filter { $0.state != .closed }.count
        var parts = ["\(alerts.count) alerts"]
        parts.append("of \(models.count) model\(models.count == 1 ? "" : "s")")
        parts.append("by \(monitors.count) monitor\(monitors.count == 1 ? "" : "s")")
        var text =
            parts.joined(separator: " ")
            + (live == 0 ? ", all over." : live == alerts.count ? "." : ", \(live) still active.")
        if !sharedFeatures.isEmpty {
            text += " They have in common: \(sharedFeatures.prefix(3).joined(separator: ", "))."
        }
        return text + " It began: \(first.summary)"
    }
}
