package import Methods

extension FlaggedShare {
    /// The level of the window's own answer, which is milder than an alarm's.
    package static let significance = 0.05

    /// Tests a window of verdicts: 1 for a flagged row, 0 for one that was not.
    ///
    /// The effect is the share of flagged rows above the promised rate, with a 95 % Wilson interval of the share moved
    /// by the same rate.
    ///
    /// Source of the interval: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
    /// inference", JASA 22, pp. 209–212.
    package func test(_ flags: [Float]) -> WindowResult {
        let count = flags.count
        let flagged = flags.reduce(into: 0) { $0 += $1 > 0 ? 1 : 0 }
        let pValue = pValue(flagged: flagged, of: count)
        let share = Double(flagged) / Double(max(1, count))
        let interval = Self.wilson(share: share, count: count)
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

    private static func wilson(share: Double, count: Int) -> ClosedRange<Double> {
        guard count > 0 else { return 0...1 }
        let z = 1.959963984540054  // the 97.5 % point of the normal law
        let n = Double(count)
        let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, centre - half)...min(1, max(centre, centre + half))
    }
}
