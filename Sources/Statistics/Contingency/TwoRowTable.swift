#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tests of a 2 × C table: whether two samples spread over the same categories in the same shares.
///
/// Values are those of `scipy.stats.chi2_contingency`, with `lambda_="log-likelihood"` for G. Categories that neither
/// sample has are left out.
public struct TwoRowTable: Sendable, Hashable {
    /// What a test found.
    public struct Result: Sendable, Hashable {
        /// The statistic, 0 or more.
        public var statistic: Double
        /// The chance of a statistic at least as large when the shares are the same, by its limit.
        public var pValue: Double
        /// Categories less one; 0 where there is one category and nothing to test.
        public var degreesOfFreedom: Int
    }

    /// The counts of the reference, category by category.
    public let reference: [Double]
    /// The counts of the sample under test.
    public let test: [Double]

    /// Makes a table.
    ///
    /// - Throws: `.sizeMismatch` for rows of different lengths; `.emptySample` for a row without counts;
    ///   `.parameterOutOfRange` for a negative count.
    public init(reference: [Int], test: [Int]) throws(StatisticsError) {
        guard reference.count == test.count else {
            throw StatisticsError(
                .sizeMismatch,
                "the table has \(reference.count) and \(test.count) categories",
                remedy: "Give both rows a count for each category"
            )
        }
        guard let least = (reference + test).min(), reference.contains(where: { $0 > 0 }),
            test.contains(where: { $0 > 0 })
        else {
            throw StatisticsError(.emptySample, "a row of the table is empty", remedy: "Give both rows a count")
        }
        guard least >= 0 else {
            throw StatisticsError(.parameterOutOfRange, "a count is \(least)", remedy: "Give counts of 0 or more")
        }
        self.init(checked: reference, test)
    }

    /// A table of counts that are known to be fine: as many each, none negative, some in each.
    package init(checked reference: [Int], _ test: [Int]) {
        let kept = reference.indices.filter { reference[$0] + test[$0] > 0 }
        self.reference = kept.map { Double(reference[$0]) }
        self.test = kept.map { Double(test[$0]) }
    }

    /// A table of expected counts, which need not be whole; each above 0.
    package init(reference: [Double], test: [Double]) {
        self.reference = reference
        self.test = test
    }

    /// Pearson's chi-squared test.
    ///
    /// - Parameter yates: Whether each difference of a 2 × 2 table is brought up to a half nearer to 0, which makes the
    ///   test conservative; other tables are not touched.
    ///
    /// Source: K. Pearson (1900), Philosophical Magazine 50, pp. 157–175; F. Yates (1934), Supplement to the Journal of
    /// the Royal Statistical Society 1, pp. 217–235.
    public func chiSquared(yates: Bool = true) -> Result {
        result(yates: yates) { observed, expected in (observed - expected) * (observed - expected) / expected }
    }

    /// The likelihood-ratio test, `2 Σ O ln(O / E)`.
    ///
    /// Source: S. S. Wilks (1935), "The likelihood test of independence in contingency tables", Annals of Mathematical
    /// Statistics 6, pp. 190–196.
    public func likelihoodRatio(yates: Bool = true) -> Result {
        result(yates: yates) { observed, expected in
            observed > 0 ? 2 * observed * log(observed / expected) : 0
        }
    }

    /// How far the mean of G lies above that of its limit where the shares are the same, in parts of it: Williams'
    /// approximation, `(N (1/n + 1/m) − 1) (N Σ 1/t − 1) / 6 N (C − 1)` for categories of `t` values.
    ///
    /// Source: D. A. Williams (1976), "Improved likelihood ratio tests for complete contingency tables", Biometrika 63,
    /// pp. 33–37.
    public var likelihoodRatioExcess: Double {
        guard reference.count > 1 else { return 0 }
        let (n, m) = (reference.reduce(0, +), test.reduce(0, +))
        let total = n + m
        let columns = zip(reference, test).reduce(0.0) { $0 + 1 / ($1.0 + $1.1) }
        return (total * (1 / n + 1 / m) - 1) * (total * columns - 1) / (6 * total * Double(reference.count - 1))
    }

    /// The smallest count that equal shares would lead to expect in any cell.
    public var smallestExpectedCount: Double {
        let (n, m) = (reference.reduce(0, +), test.reduce(0, +))
        return (zip(reference, test).map { $0 + $1 }.min() ?? 0) * min(n, m) / (n + m)
    }

    private func result(yates: Bool, _ part: (Double, Double) -> Double) -> Result {
        let degrees = reference.count - 1
        guard degrees > 0 else { return Result(statistic: 0, pValue: 1, degreesOfFreedom: 0) }
        let (n, m) = (reference.reduce(0, +), test.reduce(0, +))
        var statistic = 0.0
        for category in reference.indices {
            let column = reference[category] + test[category]
            for (count, size) in [(reference[category], n), (test[category], m)] {
                let expected = column * size / (n + m)
                var observed = count
                if yates, degrees == 1 {
                    let gap = expected - observed
                    observed += min(0.5, abs(gap)) * (gap > 0 ? 1 : gap < 0 ? -1 : 0)
                }
                statistic += part(observed, expected)
            }
        }
        statistic = max(0, statistic)  // a sum of logarithms may be −1e−15
        return Result(
            statistic: statistic,
            pValue: ChiSquared.survival(statistic, degreesOfFreedom: Double(degrees)),
            degreesOfFreedom: degrees
        )
    }
}
