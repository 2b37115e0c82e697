package import CloudEvents

/// What people decided about alerts: rules, silences, the budgets of teams, and who is told.
package struct AlertPolicy: Sendable {
    /// How alerts come, change and go where no rule says otherwise.
    package var defaults: AlertRules
    package var rules: [AlertRule]
    package var silences: [AlertSilence]
    package var teams: [TeamBudget]
    package var recipients: [AlertRecipient]

    package init(
        defaults: AlertRules = AlertRules(),
        rules: [AlertRule] = [],
        silences: [AlertSilence] = [],
        teams: [TeamBudget] = [],
        recipients: [AlertRecipient] = []
    ) {
        self.defaults = defaults
        self.rules = rules
        self.silences = silences
        self.teams = teams
        self.recipients = recipients
    }

    /// The verdict as its monitor gave it, with owner and runbook as the rules say.
    package func claimed(_ verdict: WindowVerdict) -> WindowVerdict {
        var verdict = verdict
        verdict.owner = first(\.owner, for: verdict) ?? verdict.owner
        verdict.runbookURL = first(\.runbookURL, for: verdict) ?? verdict.runbookURL
        return verdict
    }

    /// How the alert of a verdict comes, changes and goes.
    package func conduct(for verdict: WindowVerdict) -> AlertRules {
        var conduct = defaults
        conduct.closeAfter = first(\.closeAfter, for: verdict) ?? conduct.closeAfter
        conduct.criticalAfter = first(\.criticalAfter, for: verdict) ?? conduct.criticalAfter
        conduct.leastSeverity = first(\.severity, for: verdict) ?? conduct.leastSeverity
        conduct.coolDown = first(\.coolDown, for: verdict) ?? conduct.coolDown
        return conduct
    }

    /// Whether an alarm is beyond what its monitor's team will bear; never for a verdict that does not alarm.
    package func exceedsBudget(_ verdict: WindowVerdict) -> Bool {
        guard verdict.status == .alarm, let owner = verdict.owner, let p = verdict.pValue,
            let level = verdict.alarmLevel,
            let own = verdict.budget, let team = teams.first(where: { $0.team == owner })
        else { return false }
        return p > team.level(level, of: verdict.key.monitor, within: own)
    }

    /// The silence that holds for an alert, if any.
    package func silence(for alert: Alert, at time: Timestamp) -> AlertSilence? {
        silences.first { $0.holds(at: time) && $0.match.matches(alert) }
    }

    private func first<Answer>(_ answer: KeyPath<AlertRule, Answer?>, for verdict: WindowVerdict) -> Answer? {
        guard !rules.isEmpty else { return nil }
        let alert = Alert(of: verdict)
        return rules.lazy.filter { $0.match.matches(alert) }.compactMap { $0[keyPath: answer] }.first
    }
}

extension Alert {
    /// As much of an alert as a rule looks at, before there is one.
    fileprivate init(of verdict: WindowVerdict) {
        let time = Timestamp(nanoseconds: 0)
        self.init(id: "", key: verdict.key, kind: verdict.kind, openedAt: time, updatedAt: time)
        owner = verdict.owner
    }
}
