import Prediction

/// How many false alarms a monitor may raise in a stretch of time: `"1 per 30d"`.
///
/// The budget is spent evenly over event time: a look that comes `elapsed` after the one before it may use the share
/// `count × elapsed ÷ period`. By the union bound the expected number of false alarms in a period is then at most
/// `count`, whatever the dependence between looks, overlapping windows included.
package struct AlarmBudget: Sendable, Hashable {
    /// False alarms allowed in one period; may be a fraction.
    package let count: Double
    /// The stretch of time that `count` belongs to.
    package let period: Duration

    /// The budget of a monitor that says nothing: one false alarm in thirty days.
    package static let standard = AlarmBudget(count: 1, period: .seconds(30 * 86_400))

    /// Creates a budget from its two numbers, both positive.
    package init(count: Double, period: Duration) {
        precondition(count > 0 && period > .zero, "a budget is a positive count in a positive period")
        self.count = count
        self.period = period
    }

    /// Reads `"1 per 30d"`; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, words[1] == "per", let count = Double(words[0]), count > 0, count.isFinite,
            let period = Duration(text: String(words[2])), period > .zero
        else { return nil }
        self.init(count: count, period: period)
    }

    /// How many false alarms a day are allowed on average.
    package var falseAlarmsPerDay: Double { count * 86_400 / period.inSeconds }

    /// Returns the level that a look may use when `elapsed` event time has passed since the look before it, in `0...1`.
    package func level(after elapsed: Duration) -> Double {
        min(1, count * max(0, elapsed.inSeconds) / period.inSeconds)
    }
}
