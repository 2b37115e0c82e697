import CloudEvents

/// Which alerts belong together; a pure function of alerts.
///
/// A new alert joins the incident of an alert of its namespace that has had news within ``span`` and
///
/// 1. is about the same model, whatever the monitor, method or version, or
/// 2. shares one of its strongest features with it, whatever the model: what feeds both has changed.
///
/// The first reason goes before the second, and then the incident that is older. With neither it begins an incident.
package struct IncidentRules: Sendable, Hashable {
    /// How long ago the latest news of an alert may be for a new one to join it.
    package var span: Duration

    package init(span: Duration = .seconds(1800)) { self.span = span }

    /// How many of an alert's features count, the strongest first.
    package static let featureLimit = 3

    /// The incident of an alert that opens.
    ///
    /// - Parameter others: Alerts of its namespace.
    package func incident(of alert: Alert, among others: [Alert]) -> String {
        let near = others.filter {
            $0.id != alert.id && $0.key.namespace == alert.key.namespace && alert.openedAt - $0.updatedAt <= span
        }
        let ofModel = near.filter { $0.key.model == alert.key.model && $0.key.model != Alert.Key.unknownModel }
        let telling = Self.telling(alert)
        let candidates =
            ofModel.isEmpty ? near.filter { !Self.telling($0).isDisjoint(with: telling) } : ofModel
        let oldest = candidates.min { ($0.openedAt, $0.id) < ($1.openedAt, $1.id) }
        return oldest?.incident ?? Incident.id(ofFirst: alert.id)
    }

    /// The features whose names mean the same in another model.
    ///
    /// A place in a tensor, `probabilities[0]` or `image[12]`, does not.
    private static func telling(_ alert: Alert) -> Set<String> {
        Set(alert.features.prefix(featureLimit).map(\.name).filter { !$0.hasSuffix("]") })
    }
}
