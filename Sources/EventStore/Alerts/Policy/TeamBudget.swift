/// A number of false alarms in a period of event time.
package struct AlarmRate: Sendable, Hashable {
    package var count: Double
    package var period: Duration

    package init(count: Double, period: Duration) {
        precondition(count > 0 && period > .zero, "a rate is a positive count in a positive period")
        self.count = count
        self.period = period
    }

    /// False alarms a second.
    package var perSecond: Double { count / (period / .seconds(1)) }

    /// A part of it, in the same period.
    package func scaled(by factor: Double) -> AlarmRate { AlarmRate(count: count * factor, period: period) }
}

/// How many false alarms a team will bear, and how that is divided over its monitors.
///
/// **What it promises.** A monitor spends its own budget over its looks: at each it alarms when `p ≤ level`, and the
/// levels of all looks add up to no more than the budget. Where the monitor's share of its team's budget is the fraction
/// `f < 1` of the monitor's own budget, an alarm counts only when `p ≤ f × level`. While nothing drifts a p-value is at
/// most `x` with chance at most `x`, and expectations add up whatever the looks share. So the expected number of false
/// alarms that a monitor raises is at most `f` × its budget, its share, and that of the team at most the team's budget.
/// Nothing needs to be remembered between looks.
///
/// A monitor whose verdicts have no p-value, or do not say what its budget is, cannot be divided: it keeps what its own
/// configuration promises. A p-value that cannot be as small as `f × level`, of a test by permutations for example,
/// never counts: give the monitor its share in its own configuration, so that its test looks closely enough.
package struct TeamBudget: Sendable, Hashable {
    /// The owner.
    package var team: String
    package var budget: AlarmRate
    /// Its monitors with their weights, all positive.
    package var weights: [String: Double]

    package init(team: String, budget: AlarmRate, weights: [String: Double]) {
        precondition(!weights.isEmpty && weights.values.allSatisfy { $0 > 0 }, "a budget is divided over something")
        self.team = team
        self.budget = budget
        self.weights = weights
    }

    /// What one of its monitors may raise, at each endpoint that it watches; nil for a monitor that is not listed.
    package func share(of monitor: String) -> AlarmRate? {
        weights[monitor].map { budget.scaled(by: $0 / weights.values.reduce(0, +)) }
    }

    /// The level at which an alarm of a monitor counts, from that at which the monitor alarms by its own budget.
    ///
    /// - Returns: `level` itself where the monitor keeps within its share or is not listed.
    package func level(_ level: Double, of monitor: String, within own: AlarmRate) -> Double {
        guard let share = share(of: monitor), share.perSecond < own.perSecond else { return level }
        return level * share.perSecond / own.perSecond
    }
}
