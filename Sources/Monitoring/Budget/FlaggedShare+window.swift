package import Methods
import Statistics

extension FlaggedShare {
    /// The level of the window's own answer, which is milder than an alarm's.
    package static let significance = 0.05

    /// Tests a window of verdicts: 1 for a flagged row, 0 for one that was not.
    ///
    /// The effect is the share of flagged rows above the promised rate, with a 95 % Wilson interval of the share moved
    /// by the same rate. An empty window is certain of nothing: p is 1.
    package func test(_ flags: [Float]) -> WindowResult {
        let count = flags.count
        let flagged = flags.reduce(into: 0) { $0 += $1 > 0 ? 1 : 0 }
        let pValue = pValue(flagged: flagged, of: count)
        let share = Double(flagged) / Double(max(1, count))
        // Fails without rows
        let interval = (try? ProportionInterval.wilson(successes: flagged, trials: count)) ?? 0...1
        return WindowResult(
            isDrift: pValue <= Self.significance,
            pValue: pValue,
            pValues: [pValue],
            distances: [share],
            threshold: Self.significance,
            effect: Effect(
                name: "flagged_share_excess",
                value: share - rate,
                low: interval.lowerBound - rate,
                high: interval.upperBound - rate
            ),
            jointly: true
        )
    }
}
