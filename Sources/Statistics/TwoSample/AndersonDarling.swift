/// The two-sample Anderson–Darling test of whether two samples have one distribution: most weight at the tails.
///
/// The statistic is that of `scipy.stats.anderson_ksamp([reference, test], midrank=True)`, standardised to mean 0 and
/// variance 1. Its p-value is that of the limiting law, moved and scaled to the statistic's mean and variance, at every
/// size of the statistic; scipy interpolates between 0.1 % and 25 % and stops there.
///
/// Source: F. W. Scholz and M. A. Stephens (1987), "K-sample Anderson–Darling tests", Journal of the American
/// Statistical Association 82, pp. 918–924.
public enum AndersonDarling {
    /// What the test found.
    public struct Result: Sendable, Hashable {
        /// The standardised statistic; 0 is its mean when both samples have one distribution.
        public var statistic: Double
        /// The chance of a statistic at least as large when both samples have one distribution.
        public var pValue: Double
    }

    /// Compares two samples; ties have their mean rank.
    ///
    /// Where all values are equal, or there are fewer than 4, nothing can be said: statistic 0, p-value 1.
    ///
    /// - Throws: `.emptySample` when one holds nothing; `.nonFiniteValue` for NaN or an infinity.
    /// - Complexity: O(*n* log *n* + *m* log *m*).
    public static func test(reference: [Double], test: [Double]) throws(StatisticsError) -> Result {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        let (a, b) = (reference.sorted(), test.sorted())
        return a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { self.test(reference: a, window: $0) } }
    }

    /// The test from samples that are sorted already.
    ///
    /// - Precondition: Both ascend and hold no NaN.
    /// - Complexity: O(*n* + *m*).
    package static func test<Value: Comparable>(
        reference: UnsafeBufferPointer<Value>,
        window: UnsafeBufferPointer<Value>
    ) -> Result {
        AndersonDarlingGroups(reference: reference, window: window).result
    }

    /// What the limit makes of `A²_akN`; statistic 0, p-value 1 where nothing can be said.
    static func result(_ sum: Double?, n: Int, m: Int) -> Result {
        let none = Result(statistic: 0, pValue: 1)
        guard n > 0, m > 0, n + m >= 4, let sum else { return none }
        let standardised = (sum - 1) / deviation(Double(n), Double(m))
        guard standardised.isFinite else { return none }
        // The limit has mean 1 and variance 2(π² − 9)/3.
        let limit = 1 + standardised * (2 * (Double.pi * .pi - 9) / 3).squareRoot()
        return Result(statistic: standardised, pValue: QuadraticFormTail.andersonDarling(limit))
    }

    /// The standard deviation of `A²_kN` for two samples without ties, equation 4.
    private static func deviation(_ n: Double, _ m: Double) -> Double {
        let total = n + m
        let harmonic = (1..<Int(total)).reduce(0.0) { $0 + 1 / Double($1) }
        // g = Σᵢ Σⱼ>ᵢ 1 / ((N − i) j), from partial sums of 1/j from above.
        var g = 0.0
        var tail = 0.0
        for j in stride(from: Int(total) - 1, through: 2, by: -1) {
            tail += 1 / Double(j)
            g += tail / (total - Double(j - 1))
        }
        let h = harmonic
        let k = 2.0
        let inverse = 1 / n + 1 / m
        let a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
        let b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
        let c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
        let d = (2 * h + 6) * k * k - 4 * h * k
        let variance =
            (a * total * total * total + b * total * total + c * total + d)
            / ((total - 1) * (total - 2) * (total - 3))
        return variance.squareRoot()
    }
}
