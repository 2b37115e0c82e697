package import CloudEvents

/// Alerts that seem to have one cause: what a person looks at as one thing.
///
/// It has no life of its own. Where it stands follows from its alerts.
package struct Incident: Sendable, Hashable {
    package var id: String
    /// Its alerts, the first to open first; at most ``memberLimit``.
    package var alerts: [Alert]

    /// The most alerts of one incident that are read.
    package static let memberLimit = 200

    /// Nil when there are no alerts.
    package init?(id: String, alerts: [Alert]) {
        guard !alerts.isEmpty else { return nil }
        self.id = id
        self.alerts = alerts
    }

    /// The id of the incident that an alert begins.
    package static func id(ofFirst alert: String) -> String {
        "incident-" + (alert.hasPrefix("alert-") ? alert.dropFirst("alert-".count) : alert[...])
    }

    /// `open` while any alert is; else `acknowledged` while any is; else `recovering` while any is; else `closed`.
    package var state: Alert.State {
        let states = Set(alerts.map(\.state))
        return Alert.State.allCases.first(where: states.contains) ?? .closed
    }

    package var severity: Alert.Severity { alerts.contains { $0.severity == .critical } ? .critical : .warning }

    package var openedAt: Timestamp { alerts.map(\.openedAt).min() ?? Timestamp(nanoseconds: 0) }
    package var updatedAt: Timestamp { alerts.map(\.updatedAt).max() ?? Timestamp(nanoseconds: 0) }
    /// When the last of its alerts closed; nil while one lives.
    package var closedAt: Timestamp? { state == .closed ? alerts.compactMap(\.closedAt).max() : nil }

    /// The models that it touches, in the order in which it came to them.
    package var models: [String] { distinct(alerts.map(\.key.model)) }
    package var monitors: [String] { distinct(alerts.map(\.key.monitor)) }
    package var owners: [String] { distinct(alerts.compactMap(\.owner)) }

    /// The features that more than one of its alerts names among its strongest, those of most alerts first.
    package var sharedFeatures: [String] {
        var counts: [String: Int] = [:]
        for alert in alerts {
            for name in Set(alert.features.prefix(IncidentRules.featureLimit).map(\.name)) {
                counts[name, default: 0] += 1
            }
        }
        return counts.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    private func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
