/// The two-sample Cramér–von Mises test of whether two samples have one distribution.
///
/// Values and p-values are those of `scipy.stats.cramervonmises_2samp` for samples without ties; asymptotic p-values keep
/// their digits where scipy's end at 1e−16. With ties the criterion is the one by definition, the squared gap of the
/// distribution functions after each distinct value. Mean ranks, which scipy puts in place of it, grow with the ties
/// alone: they tell two constant samples of the same value apart, p-value 0. It sees differences that are spread over the
/// whole range better than Kolmogorov and Smirnov's test.
///
/// Source: T. W. Anderson (1962), "On the distribution of the two-sample Cramér–von Mises criterion", Annals of
/// Mathematical Statistics 33, pp. 1148–1159.
public enum CramerVonMises {
    /// How the p-value is computed; `auto` is exact up to 20 values in the larger sample.
    public typealias Method = KolmogorovSmirnov.Method

    /// What the test found.
    public struct Result: Sendable, Hashable {
        /// The criterion T, 0 or more.
        public var statistic: Double
        /// The chance of a criterion at least as large when both samples have one distribution.
        public var pValue: Double
        /// How the p-value was computed: `exact` or `asymptotic`.
        public var method: Method
    }

    /// Compares two samples.
    ///
    /// The exact law is that without ties; with them its p-value is an approximation, as the asymptotic one is.
    ///
    /// - Parameters:
    ///   - reference: Shape `[n]`, in any order.
    ///   - test: Shape `[m]`.
    /// - Throws: `.emptySample` when n or m is 0; `.nonFiniteValue` when a value is NaN or infinite.
    /// - Complexity: O(*n* log *n* + *m* log *m*), and what the exact law adds.
    public static func test(
        reference: [Double],
        test: [Double],
        method: Method = .auto
    ) throws(StatisticsError) -> Result {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        let (a, b) = (reference.sorted(), test.sorted())
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                let ranks = RankComparison(reference: a, window: b, referenceTies: RankComparison.tieSum(a))
                return self.test(ranks, gapSquares: gapSquares(ranks, a, b), method: method)
            }
        }
    }

    /// The test from sorted samples in single precision and what a walk over them has found.
    ///
    /// - Complexity: O(1) without ties, O(*n*) with them, and what the exact law adds.
    package static func test(
        _ ranks: RankComparison,
        reference: UnsafeBufferPointer<Float>,
        window: UnsafeBufferPointer<Float>,
        method: Method
    ) -> Result {
        test(ranks, gapSquares: gapSquares(ranks, reference, window), method: method)
    }

    /// The criterion alone, from sorted samples in single precision and what a walk over them has found.
    ///
    /// - Complexity: As ``test(_:reference:window:method:)`` without a law.
    package static func statistic(
        _ ranks: RankComparison,
        reference: UnsafeBufferPointer<Float>,
        window: UnsafeBufferPointer<Float>
    ) -> Double {
        statistic(gapSquares: gapSquares(ranks, reference, window), ranks.n, ranks.m)
    }

    private static func statistic(gapSquares: Double, _ n: Int, _ m: Int) -> Double {
        let total = Double(n + m)
        return gapSquares / (Double(n) * Double(m) * total * total)
    }

    /// The smallest p-value that samples of these sizes can get: one lies above the other.
    package static func smallestPValue(_ n: Int, _ m: Int, method: Method) -> Double {
        let ranks = RankComparison.apart(n, m)
        return test(ranks, gapSquares: ranks.gapSquares, method: method).pValue
    }

    /// The squared gaps by definition.
    ///
    /// To those of the walk comes what the reference's groups of equal values add that it did not see: there each value
    /// has the gap at the end of its group.
    private static func gapSquares<Value: Comparable>(
        _ ranks: RankComparison,
        _ reference: UnsafeBufferPointer<Value>,
        _ window: UnsafeBufferPointer<Value>
    ) -> Double {
        guard ranks.ties > 0 else { return ranks.gapSquares }
        let (n, m) = (Double(ranks.n), Double(ranks.m))
        var sum = ranks.gapSquares
        var smaller = 0  // values of the window
        var start = 0
        while start + 1 < reference.count {
            let value = reference[start]
            guard reference[start + 1] == value else {
                start += 1
                continue
            }
            var end = start + 2
            while end < reference.count, reference[end] == value { end += 1 }
            smaller = RankComparison.firstIndex(in: window, from: smaller) { $0 >= value }
            if smaller == window.count || window[smaller] != value {
                let count = Double(end - start)
                let gap = Double(end) * m - Double(smaller) * n
                // t g² − Σ (g − k m)² for k in 0..<t
                sum += gap * m * count * (count - 1) - m * m * (count - 1) * count * (2 * count - 1) / 6
            }
            start = end
        }
        return sum
    }

    /// The exact law is asked up to 10³ cells; above, the asymptotic one answers and the result says so.
    private static func test(_ ranks: RankComparison, gapSquares: Double, method: Method) -> Result {
        let (n, m) = (Double(ranks.n), Double(ranks.m))
        let (k, total) = (n * m, n + m)
        let statistic = statistic(gapSquares: gapSquares, ranks.n, ranks.m)
        let isExact =
            switch method {
            case .auto: max(ranks.n, ranks.m) <= 20
            case .exact: CramerVonMisesTwoSample.isCountable(ranks.n, ranks.m)
            case .asymptotic: false
            }
        if isExact {
            let p = CramerVonMisesTwoSample.survival(gapSquares: gapSquares, ranks.n, ranks.m)
            return Result(statistic: statistic, pValue: p, method: .exact)
        }
        // The limit has mean 1/6 and variance 1/45.
        let mean = (1 + 1 / total) / 6
        let variance = (total + 1) * (4 * k * total - 3 * (n * n + m * m) - 2 * k) / (45 * total * total * 4 * k)
        guard variance > 0 else { return Result(statistic: statistic, pValue: 1, method: .asymptotic) }  // one and one
        let standardised = 1.0 / 6 + (statistic - mean) / (45 * variance).squareRoot()
        let p = QuadraticFormTail.cramerVonMises(standardised)
        return Result(statistic: statistic, pValue: p, method: .asymptotic)
    }
}
