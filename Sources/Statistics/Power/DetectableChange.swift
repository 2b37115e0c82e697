#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The smallest change that a test finds with a given chance, its power, at the sizes of the samples at hand.
///
/// Where a change can take many forms it is that of the form that is hardest to find: any other change of that size is
/// found more often. All chances are those of independent rows, by normal limits unless it says otherwise; nil stands for
/// a chance that no change reaches.
public enum DetectableChange {
    /// The largest gap between two distribution functions, in `0...1`, that a gap of the samples above `critical` finds.
    ///
    /// The gap of the samples is at least that at the place where the distributions' is largest, which varies as
    /// `G (1 − G) / m + F (1 − F) / n`, at most `(1/n + 1/m) / 4 − Δ² / (n + m)`. A change that is spread widely is found
    /// more often, since the samples' gap is the largest of many.
    ///
    /// Source: by the argument of F. J. Massey (1950), "A note on the power of a non-parametric test", Annals of
    /// Mathematical Statistics 21, pp. 440–443, with the largest variance that the gap allows.
    public static func gap(critical: Double, n: Int, m: Int, power: Double) -> Double? {
        let z = Normal.quantile(power)
        let spread = (1 / Double(n) + 1 / Double(m)) / 4
        let a = 1 + z * z / Double(n + m)
        let root = critical * critical - a * (critical * critical - z * z * spread)
        guard critical >= 0, critical <= 1, root >= 0 else { return nil }
        let gap = (critical + (z < 0 ? -1 : 1) * root.squareRoot()) / a
        return gap <= 1 ? gap : nil
    }

    /// How far the chance that a value of one sample is larger lies above the chance that it is smaller, that Mann and
    /// Whitney's test finds.
    ///
    /// - Parameters:
    ///   - ties: `Σ (t³ − t)` over groups of `t` equal values.
    ///   - sides: 2 where either sample may be the larger one.
    ///
    /// Source: G. E. Noether (1987), "Sample size determination for some common nonparametric tests", Journal of the
    /// American Statistical Association 82, pp. 645–647.
    public static func rankShift(n: Int, m: Int, ties: Double, level: Double, sides: Double, power: Double) -> Double? {
        let (a, b) = (Double(n), Double(m))
        let total = a + b
        let variance = (total + 1 - ties / (total * (total - 1))) / (12 * a * b)
        return atMostOne(2 * steps(level, sides, power) * max(0, variance).squareRoot())
    }

    /// The difference of two means, in their standard deviation, that a comparison of means finds, two-sided.
    ///
    /// Source: J. Cohen (1988), "Statistical power analysis for the behavioral sciences", section 2.3.
    public static func meanShift(n: Int, m: Int, level: Double, power: Double) -> Double {
        steps(level, 2, power) * (1 / Double(n) + 1 / Double(m)).squareRoot()
    }

    /// The total variation between the shares of categories that Pearson's test or the likelihood ratio finds.
    ///
    /// The noncentrality of shares that differ by `d` is `nm / (n + m) Σ d² / p` with `p` those of both samples, at least
    /// `4 δ² nm / (n + m)` for a total variation of `δ`, and just that where all differ in proportion to `p`.
    ///
    /// Source: J. Cohen (1988), chapter 7; the bound by Cauchy's inequality.
    public static func totalVariation(categories: Int, n: Int, m: Int, level: Double, power: Double) -> Double? {
        guard categories > 1, let lambda = noncentrality(Double(categories - 1), level: level, power: power) else {
            return nil
        }
        let size = Double(n) * Double(m) / Double(n + m)
        return atMostOne((lambda / size).squareRoot() / 2)
    }

    /// The noncentrality at which a chi-squared statistic exceeds its quantile at `level` with the chance `power`.
    ///
    /// - Complexity: O(√λ) terms for each of some sixty steps.
    static func noncentrality(_ degreesOfFreedom: Double, level: Double, power: Double) -> Double? {
        guard level > 0, level < power, power < 1 else { return nil }
        let critical = ChiSquared.quantile(above: level, degreesOfFreedom: degreesOfFreedom)
        func reached(_ lambda: Double) -> Bool {
            ChiSquared.survival(critical, degreesOfFreedom: degreesOfFreedom, noncentrality: lambda) >= power
        }
        var high = 1.0
        while !reached(high) { high *= 2 }
        return bisection(0, high, reached)
    }

    /// How far a rate has to move from `rate` for Fisher's exact test to find it, whichever way it moves; where it can move
    /// in one direction only, in that one.
    ///
    /// - Parameters:
    ///   - rate: The rate of ones in the reference.
    ///   - n: Rows of the reference.
    ///   - m: Rows of the window.
    ///   - directions: Whether a rise, a fall, or both are looked for.
    ///
    /// Source: J. L. Fleiss, A. Tytun and H. K. Ury (1980), "A simple approximation for calculating sample sizes for
    /// comparing independent proportions", Biometrics 36, pp. 343–346, with its correction for continuity.
    public static func rateShift(
        rate: Double,
        n: Int,
        m: Int,
        level: Double,
        directions: RateDirections,
        power: Double
    ) -> Double? {
        let sides = directions == .both ? 2.0 : 1
        let ratio = Double(n) / Double(m)
        let (zLevel, zPower) = (-Normal.quantile(level / sides), Normal.quantile(power))
        func isFound(_ other: Double) -> Bool {
            let change = abs(other - rate)
            guard change > 0 else { return false }
            let mean = (other + ratio * rate) / (ratio + 1)
            let null = ((ratio + 1) * mean * (1 - mean)).squareRoot()
            let moved = (ratio * other * (1 - other) + rate * (1 - rate)).squareRoot()
            let sum = zLevel * null + zPower * moved
            let plain = sum * sum / (ratio * change * change)
            let corrected = 1 + (1 + 2 * (ratio + 1) / (ratio * plain * change)).squareRoot()
            return plain / 4 * corrected * corrected <= Double(m)
        }
        let rise = isFound(1) ? bisection(0, 1 - rate) { isFound(rate + $0) } : nil
        let fall = isFound(0) ? bisection(0, rate) { isFound(rate - $0) } : nil
        switch directions {
        case .rise: return rise
        case .fall: return fall
        case .both: return rise.flatMap { rise in fall.map { max(rise, $0) } } ?? rise ?? fall
        }
    }

    /// Which way a rate moves.
    public enum RateDirections: Sendable {
        case rise, fall, both
    }

    /// The rate of successes that a one-sided binomial test against `baseline` finds; exact.
    public static func rate(above baseline: Double, trials: Int, level: Double, power: Double) -> Double? {
        guard level > 0, level < 1,
            let below = try? Binomial.quantile(1 - level, trials: trials, probability: baseline), below < trials
        else { return nil }
        return bisection(baseline, 1) { Binomial.survival(below, trials: trials, probability: $0) >= power }
    }

    /// The value of a quadratic form, such as the squared maximum mean discrepancy, whose unbiased estimate exceeds
    /// `critical` with the chance `power`.
    ///
    /// Around a value `u` the estimate varies as it does at 0, with the standard deviation `spread`, and besides as
    /// `4 u λ (1/n + 1/m)`, where λ is the variance of rows in the direction of the change. At 0 the variance is
    /// `2 (1/n + 1/m)² Σ λ²`, so that this part is at most `2 √2 · spread · u`, which is right for a change along the
    /// direction in which rows vary most; other changes are found more often.
    ///
    /// Source: R. Serfling (1980), "Approximation theorems of mathematical statistics", section 5.5.
    public static func quadraticForm(critical: Double, spread: Double, power: Double) -> Double? {
        let z = Normal.quantile(power)
        guard z >= 0, critical.isFinite, spread.isFinite, spread >= 0 else { return nil }
        // (u − t)² = z² (s² + 2√2 s u), the larger solution.
        let half = critical + 2.0.squareRoot() * z * z * spread
        let root = half * half - critical * critical + z * z * spread * spread
        return root >= 0 ? half + root.squareRoot() : nil
    }

    private static func steps(_ level: Double, _ sides: Double, _ power: Double) -> Double {
        Normal.quantile(power) - Normal.quantile(level / sides)
    }

    private static func atMostOne(_ value: Double) -> Double? { value <= 1 ? value : nil }

    /// Where a condition begins to hold between two bounds, of which the upper one satisfies it.
    private static func bisection(_ low: Double, _ high: Double, _ holds: (Double) -> Bool) -> Double {
        var (low, high) = (low, high)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
