/// The two-sample Kolmogorov–Smirnov test of whether two samples have one distribution.
///
/// Values and p-values are those of `scipy.stats.ks_2samp(reference, test, alternative="two-sided")`.
///
/// Source: N. V. Smirnov (1939), "On the estimation of the discrepancy between empirical curves of distribution for two
/// independent samples", Bulletin of Moscow University 2(2), pp. 3–16.
public enum KolmogorovSmirnov {
    /// How the p-value is computed.
    public enum Method: String, Sendable, CaseIterable, Codable {
        /// Exact up to 10,000 values in the larger sample, asymptotic beyond.
        case auto
        /// By counting lattice paths; O(*n* · *m*) at worst.
        case exact
        /// By the law of the one-sample statistic with `nm / (n + m)` values, rounded, ties to even.
        case asymptotic = "asymp"
    }

    /// What the test found.
    public struct Result: Sendable, Hashable {
        /// The largest gap between the two empirical distribution functions, in 0...1.
        public var statistic: Double
        /// The chance of a gap at least as large when both samples have one distribution.
        public var pValue: Double
        /// How the p-value was computed: `exact` or `asymptotic`.
        public var method: Method
    }

    /// Compares two samples.
    ///
    /// Constant samples and ties are fine: ties make the exact p-value conservative.
    ///
    /// - Parameters:
    ///   - reference: One feature of the reference batch, shape `[n]`, in any order.
    ///   - test: The same feature of the batch under test, shape `[m]`.
    /// - Throws: `.emptySample` when n or m is 0; `.nonFiniteValue` when a value is NaN or infinite.
    /// - Complexity: O(*n* log *n* + *m* log *m*), and what the method adds.
    public static func test(
        reference: [Double],
        test: [Double],
        method: Method = .auto
    ) throws(StatisticsError) -> Result {
        let statistic = try statistic(reference: reference, test: test)
        return pValue(statistic: statistic, referenceCount: reference.count, testCount: test.count, method: method)
    }

    /// Returns the largest gap between two empirical distribution functions.
    ///
    /// `D = max over x of |F_reference(x) − F_test(x)|`, read after each distinct value, so ties cannot inflate it.
    ///
    /// - Returns: `D` in `0...1`, dimensionless.
    /// - Throws: `.emptySample` when n or m is 0; `.nonFiniteValue` when a value is NaN or infinite.
    /// - Complexity: O(*n* log *n* + *m* log *m*).
    ///
    /// Source: J. L. Hodges (1958), "The significance probability of the Smirnov two-sample test",
    /// Arkiv för Matematik 3, pp. 469–486.
    public static func statistic(reference: [Double], test: [Double]) throws(StatisticsError) -> Double {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        return statistic(sortedReference: reference.sorted(), sortedTest: test.sorted())
    }

    /// The largest gap, from samples that are sorted already: a reference is sorted once, not per window.
    ///
    /// - Precondition: Both ascend, hold a value, and hold no NaN.
    /// - Complexity: O(*n* + *m*).
    public static func statistic(sortedReference: [Double], sortedTest: [Double]) -> Double {
        precondition(!sortedReference.isEmpty && !sortedTest.isEmpty, "a Kolmogorov–Smirnov sample has no values")
        let (n, m) = (sortedReference.count, sortedTest.count)
        return sortedReference.withUnsafeBufferPointer { a in
            sortedTest.withUnsafeBufferPointer { b in
                var (i, j) = (0, 0)
                var largest = 0.0
                while i < n, j < m {  // past the end of either, the gap only closes
                    let value = min(a[i], b[j])
                    while i < n, a[i] <= value { i += 1 }
                    while j < m, b[j] <= value { j += 1 }
                    largest = max(largest, abs(Double(i) / Double(n) - Double(j) / Double(m)))
                }
                return largest
            }
        }
    }

    /// The p-value of a statistic.
    ///
    /// Where the exact count would need sizes whose least common multiple passes 2³¹, the asymptotic law answers
    /// instead, and the result says so.
    ///
    /// - Precondition: Both counts are above 0.
    public static func pValue(
        statistic: Double,
        referenceCount: Int,
        testCount: Int,
        method: Method = .auto
    ) -> Result {
        let (n, m) = (referenceCount, testCount)
        precondition(n > 0 && m > 0, "a Kolmogorov–Smirnov sample has no values")
        let isExact =
            switch method {
            case .auto: max(n, m) <= 10_000
            case .exact: SmirnovTwoSample.isCountable(n, m)
            case .asymptotic: false
            }
        if isExact {
            let pValue = SmirnovTwoSample.survival(statistic, n, m)
            return Result(statistic: statistic, pValue: min(max(pValue, 0), 1), method: .exact)
        }
        let effective = Double(n) * Double(m) / Double(n + m)
        let pValue = KolmogorovDistribution.survival(statistic, count: Int(effective.rounded(.toNearestOrEven)))
        return Result(statistic: statistic, pValue: pValue, method: .asymptotic)
    }
}
