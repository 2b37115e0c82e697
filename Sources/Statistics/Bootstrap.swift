/// Intervals for statistics whose distribution nobody has a formula for.
public enum Bootstrap {
    /// Percentile intervals: the rows are drawn anew with replacement, and the middle share of the results is the answer.
    ///
    /// Results that are NaN (a resample without one class, say) are left out.
    ///
    /// - Parameters:
    ///   - rows: How many rows there are.
    ///   - resamples: How often they are drawn; 1,000 settles the ends of a 95 % interval to about a tenth of its width.
    ///   - confidence: The share of results inside, in 0...1.
    ///   - statistics: Computes all statistics from the indices of some rows, always as many.
    /// - Returns: One interval per statistic; `nil` where no result was a number.
    /// - Throws: `.emptySample` when there are no rows; `.parameterOutOfRange`.
    ///
    /// Source: B. Efron (1981), "Nonparametric standard errors and confidence intervals", Canadian Journal of Statistics
    /// 9, pp. 139–172.
    public static func percentileIntervals(
        rows: Int,
        resamples: Int = 1_000,
        confidence: Double = 0.95,
        using generator: inout some RandomNumberGenerator,
        statistics: ([Int]) -> [Double]
    ) throws(StatisticsError) -> [ClosedRange<Double>?] {
        try Sample.check(confidence, in: 0...1, "confidence")
        guard rows > 0, resamples > 0 else {
            throw StatisticsError(
                .emptySample,
                "a bootstrap of \(rows) rows drawn \(resamples) times",
                remedy: "Give at least one row and one resample"
            )
        }
        var results: [[Double]] = []
        var chosen = [Int](repeating: 0, count: rows)
        for _ in 0..<resamples {
            for index in chosen.indices { chosen[index] = generator.index(below: rows) }
            let values = statistics(chosen)
            if results.isEmpty { results = [[Double]](repeating: [], count: values.count) }
            for (index, value) in values.enumerated() where value.isFinite { results[index].append(value) }
        }
        var intervals: [ClosedRange<Double>?] = []
        for values in results {
            guard !values.isEmpty else {
                intervals.append(nil)
                continue
            }
            let ends = try Quantiles.quantiles(values, [(1 - confidence) / 2, (1 + confidence) / 2])
            intervals.append(ends[0]...max(ends[0], ends[1]))
        }
        return intervals
    }
}
