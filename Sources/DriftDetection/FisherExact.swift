#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Fisher's exact test of two rates, two-sided.
package enum FisherExact {
    /// Returns the chance of a table at least as unlikely as the one seen, when both rates are one; its margins given.
    ///
    /// As scipy's `fisher_exact`: tables count whose probability is at most that of the one seen, up to a relative
    /// 1e-7 for rounding.
    ///
    /// - Complexity: O(smaller margin).
    ///
    /// Source: R. A. Fisher (1922), Journal of the Royal Statistical Society 85, pp. 87–94.
    package static func pValue(successes: (Int, Int), failures: (Int, Int)) -> Double {
        let first = successes.0 + failures.0
        let total = first + successes.1 + failures.1
        let drawn = successes.0 + successes.1
        let lowest = max(0, drawn - (total - first))
        let highest = min(drawn, first)
        let constant = logChoose(total, drawn)
        func logProbability(_ count: Int) -> Double {
            logChoose(first, count) + logChoose(total - first, drawn - count) - constant
        }
        let seen = logProbability(successes.0) + 1e-7
        let sum = (lowest...highest).reduce(0.0) { sum, count in
            let probability = logProbability(count)
            return probability <= seen ? sum + exp(probability) : sum
        }
        return min(1, max(sum, .leastNormalMagnitude))
    }

    private static func logChoose(_ n: Int, _ k: Int) -> Double {
        logFactorial(n) - logFactorial(k) - logFactorial(n - k)
    }

    private static func logFactorial(_ n: Int) -> Double {
        var sign: Int32 = 0
        return lgamma_r(Double(n) + 1, &sign)
    }
}
