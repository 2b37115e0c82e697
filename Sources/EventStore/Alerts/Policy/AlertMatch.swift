/// Which alerts something is about: every label that it names has to match one of its patterns.
///
/// Without any label it is about all of them.
package struct AlertMatch: Sendable, Hashable {
    /// What an alert can be told apart by.
    package enum Label: String, Sendable, Hashable, CaseIterable {
        case namespace
        case model
        case endpoint
        case monitor
        case kind
        case severity
        case owner
    }

    package var patterns: [Label: [LabelPattern]]

    package init(_ patterns: [Label: [LabelPattern]] = [:]) { self.patterns = patterns }

    /// Whether an alert is one of them; a label that the alert does not have is empty.
    package func matches(_ alert: Alert) -> Bool {
        patterns.allSatisfy { label, patterns in
            let value = alert[label]
            return patterns.contains { $0.matches(value) }
        }
    }
}

extension Alert {
    /// What stands under a label.
    package subscript(label: AlertMatch.Label) -> String {
        switch label {
        case .namespace: key.namespace
        case .model: key.model
        case .endpoint: key.endpoint
        case .monitor: key.monitor
        case .kind: kind
        case .severity: severity.rawValue
        case .owner: owner ?? ""
        }
    }
}
