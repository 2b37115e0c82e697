/// The Mann–Whitney test of whether values of one sample tend to be larger than those of the other.
///
/// Values and p-values are those of `scipy.stats.mannwhitneyu(reference, test)`, with tie and continuity corrections.
///
/// Source: H. B. Mann and D. R. Whitney (1947), "On a test of whether one of two random variables is stochastically
/// larger than the other", Annals of Mathematical Statistics 18, pp. 50–60.
public enum MannWhitney {
    /// How the p-value is computed; `auto` is exact where there are no ties and the smaller sample has at most 8 values.
    public typealias Method = KolmogorovSmirnov.Method

    /// Which of the two may tend to be larger.
    public enum Alternative: String, Sendable, CaseIterable {
        /// Either.
        case twoSided = "two-sided"
        /// The reference's values are smaller.
        case less
        /// The reference's values are larger.
        case greater
    }

    /// What the test found.
    public struct Result: Sendable, Hashable {
        /// Pairs in which the reference's value is the larger one; equal ones count a half.
        public var statistic: Double
        /// The chance of a statistic at least as far out when both samples have one distribution.
        public var pValue: Double
        /// How the p-value was computed: `exact` or `asymptotic`.
        public var method: Method
    }

    /// Compares two samples.
    ///
    /// - Throws: `.emptySample` when one holds nothing; `.nonFiniteValue` for NaN or an infinity.
    /// - Complexity: O(*n* log *n* + *m* log *m*), and what the exact law adds.
    public static func test(
        reference: [Double],
        test: [Double],
        alternative: Alternative = .twoSided,
        method: Method = .auto
    ) throws(StatisticsError) -> Result {
        self.test(try RankComparison(reference: reference, test: test), alternative: alternative, method: method)
    }

    /// The test from a walk over sorted samples.
    ///
    /// Where the exact law cannot be counted the normal one answers, and the result says so. Ties make
    /// a statistic that ends in a half; the exact law then answers for the whole number below. All values equal: 1.
    package static func test(
        _ ranks: RankComparison,
        alternative: Alternative,
        method: Method
    ) -> Result {
        let (n, m) = (Double(ranks.n), Double(ranks.m))
        let other = n * m - ranks.wins
        let far =
            switch alternative {
            case .twoSided: max(ranks.wins, other)
            case .greater: ranks.wins
            case .less: other
            }
        let sides = alternative == .twoSided ? 2.0 : 1
        let isExact =
            switch method {
            case .auto: ranks.ties == 0 && min(ranks.n, ranks.m) <= 8
            case .exact: true
            case .asymptotic: false
            }
        if isExact, let tail = MannWhitneyCounts.survival(Int(far), ranks.n, ranks.m) {
            return Result(statistic: ranks.wins, pValue: min(1, sides * tail), method: .exact)
        }
        let total = n + m
        let variance = n * m / 12 * (total + 1 - ranks.ties / (total * (total - 1)))
        guard variance > 0 else { return Result(statistic: ranks.wins, pValue: 1, method: .asymptotic) }
        let z = (far - n * m / 2 - 0.5) / variance.squareRoot()
        return Result(statistic: ranks.wins, pValue: min(1, sides * Normal.survival(z)), method: .asymptotic)
    }
}

/// The exact law of the Mann–Whitney statistic without ties: how many of the orders of the pooled values have each U.
///
/// The numbers are the coefficients of Gauss' binomial `Π (1 − q^(m+i)) / (1 − q^i)`, counted in whole numbers.
package enum MannWhitneyCounts {
    /// The chance of at least `u`; nil where there are too many orders to count in 127 bits, or more than 10⁸ steps.
    package static func survival(_ u: Int, _ n: Int, _ m: Int) -> Double? {
        let (small, large) = (min(n, m), max(n, m))
        let (product, overflow) = small.multipliedReportingOverflow(by: large)
        guard !overflow, product <= 100_000_000 / max(small, 1) else { return nil }
        guard u > 0 else { return 1 }
        guard u <= product else { return 0 }
        var orders: UInt128 = 1  // C(n + m, i), whole after each step
        for i in 1...small {
            let (next, overflow) = orders.multipliedReportingOverflow(by: UInt128(large + i))
            guard !overflow else { return nil }
            orders = next / UInt128(i)
        }
        // The law is symmetric, so at least u is as likely as at most nm − u.
        let reach = min(u - 1, product - u)
        var counts = [UInt128](repeating: 0, count: reach + 1)
        counts[0] = 1
        for i in 1...small {
            // Wrapping: what is left after all factors fits.
            for index in stride(from: reach, through: large + i, by: -1) { counts[index] &-= counts[index - large - i] }
            for index in stride(from: i, through: reach, by: 1) { counts[index] &+= counts[index - i] }
        }
        let within = counts.reduce(0, &+)
        let tail = Double(within) / Double(orders)
        return reach == product - u ? tail : Double(orders - within) / Double(orders)
    }
}
