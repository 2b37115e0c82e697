import Statistics

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tests the share of flagged rows of a window against the rate that the detector promised.
///
/// A conformal threshold set at the `r`-th largest of `n` calibration scores flags, for that one threshold, a share that
/// is itself random: `Beta(r, n + 1 − r)`. The number flagged among `m` fresh rows is therefore beta-binomial, and a
/// binomial test would cry too often whenever calibration was unlucky. Where the calibration size is not known
/// (`calibrationCount` nil) the promised rate is taken as exact and the law is the binomial.
///
/// Source: V. Vovk (2012), "Conditional validity of inductive conformal predictors", ACML, for the beta law.
package struct FlaggedShare: Sendable, Equatable {
    /// The promised rate of flagged rows while nothing is wrong, between 0 and 1.
    package let rate: Double
    /// The rows that the threshold was set on, nil when the rate is exact.
    package let calibrationCount: Int?

    package init(rate: Double, calibrationCount: Int?) {
        self.rate = rate
        self.calibrationCount = calibrationCount
    }

    /// Returns the chance of at least `flagged` flagged rows among `count` while nothing is wrong; 1 for `flagged` 0.
    ///
    /// - Complexity: O(`count`).
    package func pValue(flagged: Int, of count: Int) -> Double {
        guard flagged > 0 else { return 1 }
        guard let calibrationCount else { return Binomial.survival(flagged - 1, trials: count, probability: rate) }
        guard flagged <= count else { return 0 }
        let n = Double(calibrationCount)
        let r = min(n, max(1, (rate * (n + 1) + 1e-9).rounded(.down)))  // 0.29 × 100 is a little below 29
        let logarithms = (flagged...count).map { logMass($0, of: count, a: r, b: n + 1 - r) }
        // Relative to the largest term and smallest first, so that no term underflows that matters.
        let largest = logarithms.max() ?? 0
        let sum = logarithms.sorted().reduce(0) { $0 + exp($1 - largest) }
        return min(1, exp(largest + log(sum)))
    }

    /// The logarithm of the beta-binomial chance of exactly `flagged`.
    private func logMass(_ flagged: Int, of count: Int, a: Double, b: Double) -> Double {
        let k = Double(flagged), m = Double(count)
        let choices = logGamma(m + 1) - logGamma(k + 1) - logGamma(m - k + 1)
        return choices + logBeta(k + a, m - k + b) - logBeta(a, b)
    }

    private func logBeta(_ a: Double, _ b: Double) -> Double {
        logGamma(a) + logGamma(b) - logGamma(a + b)
    }

    private func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)  // `lgamma` would write to a global
    }
}
