package import CloudEvents

/// Somebody who is told of alerts, by the name of the way to them.
package struct AlertRecipient: Sendable, Hashable {
    package var name: String
    package var match: AlertMatch
    /// Whether they are told again when a warning becomes critical.
    package var hearsOfEscalation: Bool

    package init(name: String, match: AlertMatch = AlertMatch(), hearsOfEscalation: Bool = true) {
        self.name = name
        self.match = match
        self.hearsOfEscalation = hearsOfEscalation
    }
}

/// Why nobody is told of an alert that alarms.
package enum AlertHush: String, Sendable, Hashable, CaseIterable {
    /// A person or the file of rules silenced it.
    case silence
    /// Another alert of the same monitor closed a short while ago.
    case coolDown = "cooldown"
}

extension AlertPolicy {
    /// Says who is to be told of a step, and remembers it in the step's alert.
    ///
    /// A recipient hears of an alert when it first alarms and matches while nothing hushes it: as it opens, or when a
    /// silence or cool-down is over and it still alarms, or when it has become critical and only that matches. Whoever
    /// heard of it hears of its end.
    ///
    /// - Returns: The names, in the order of the recipients, and what hushed it where somebody would have been told.
    package func announce(_ step: inout AlertRules.Step, at time: Timestamp) -> (told: [String], hush: AlertHush?) {
        let alert = step.alert
        let wanted: [String]
        switch step.change {
        case .opened, .extended:
            guard alert.state == .open || alert.state == .acknowledged else { return ([], nil) }
            wanted = recipients.filter { recipient in
                guard recipient.match.matches(alert) else { return false }
                guard let known = alert.told[recipient.name] else { return true }
                return recipient.hearsOfEscalation && known != alert.severity
            }.map(\.name)
        case .closed:
            wanted = recipients.map(\.name).filter { alert.told[$0] != nil }
        case .recovering, .acknowledged, .silenced:
            return ([], nil)
        }
        guard !wanted.isEmpty else { return ([], nil) }
        if alert.isSilenced(at: time) || silence(for: alert, at: time) != nil { return ([], .silence) }
        if step.change != .closed, let end = alert.mutedUntil, time < end { return ([], .coolDown) }
        if step.change != .closed {
            for name in wanted { step.alert.told[name] = alert.severity }
        }
        return (wanted, nil)
    }
}
