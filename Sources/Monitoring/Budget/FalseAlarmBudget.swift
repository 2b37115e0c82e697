package import CloudEvents
package import Methods

/// How many false alarms a monitor may raise in a period of event time: "1 per 30d".
///
/// **How it is spent.** The budget is earned evenly over event time, `count ÷ period` a second. A look at a window may
/// be tested at the level
///
///     level = min(p_val, balance / 2)
///
/// and what it was tested at leaves the balance. In a steady flow of looks each is then tested at its share of the
/// budget, `count × interval ÷ period`; looks that fall into one instant share what is there and none is left without;
/// after a quiet night the first look may spend more, but never more than `p_val`.
///
/// The chance of a false alarm at a look is at most its level, and expectations add up whatever the looks share. So the
/// expected number of false alarms is at most the sum of the levels, which is at most what was earned: the promise holds
/// for overlapping windows too. The balance is kept at one period's budget at most, so no stretch of a period's length
/// costs more than two periods' worth, and in a steady flow one.
///
/// A look whose test cannot answer at its level, because its p-values cannot be that small, spends nothing: the balance
/// grows until a look can fire.
package struct FalseAlarmBudget: Sendable, Equatable {
    /// What was promised.
    package let promise: AlarmBudget
    /// The level that is never exceeded.
    package let ceiling: Double

    private var balance: Double = 0
    private var earnedUntil: Timestamp?

    package init(_ promise: AlarmBudget, ceiling: Double) {
        self.promise = promise
        self.ceiling = ceiling
    }

    /// The level of the next look.
    package var level: Double { min(ceiling, balance / 2) }

    /// Earns the budget of the time since the call before; the first call sets the start.
    package mutating func earn(until now: Timestamp) {
        if let earnedUntil, now > earnedUntil {
            balance = min(promise.count, balance + promise.level(after: now - earnedUntil))
        }
        earnedUntil = earnedUntil.map { max($0, now) } ?? now
    }

    /// Takes the level of a look that was tested out of the balance.
    package mutating func spend(_ level: Double) {
        balance = max(0, balance - level)
    }
}

extension FalseAlarmBudget {
    package func write(to writer: inout StateWriter) {
        writer.write(balance)
        writer.write(earnedUntil) { $0.write($1) }
    }

    /// Takes over what was earned and spent by a monitor of the same configuration.
    package mutating func restore(from reader: inout StateReader) throws(MonitoringError) {
        balance = try reader.readDouble()
        earnedUntil = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
