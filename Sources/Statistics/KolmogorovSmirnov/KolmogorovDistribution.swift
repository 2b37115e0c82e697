#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The exact distribution of the one-sample, two-sided Kolmogorov–Smirnov statistic `D_n`; `scipy.stats.kstwo`.
///
/// Which formula answers where is the choice of R. Simard and P. L'Ecuyer (2011), "Computing the two-sided
/// Kolmogorov–Smirnov distribution", Journal of Statistical Software 39(11), at the bounds that scipy uses.
public enum KolmogorovDistribution {
    /// The chance that `D_n` is at least `d` for a sample of `count` values; NaN when there are none.
    ///
    /// Relative error about 1e−10 and mostly far below. Above `d = √(370 / n)` the answer is 0.
    public static func survival(_ d: Double, count: Int) -> Double {
        guard count > 0, !d.isNaN else { return .nan }
        guard d > 0 else { return 1 }
        guard d < 1 else { return 0 }
        let n = Double(count)
        let t = n * d
        if t <= 0.5 { return 1 }
        if t <= 1 { return clip(1 - smallGap(count, t)) }
        if t >= n - 1 { return clip(2 * pow(1 - d, n)) }
        if d >= 0.5 { return clip(2 * oneSided(count, d)) }
        let weight = t * d
        if count <= 140 {
            if weight <= 0.754693 { return clip(1 - DurbinMatrix.cumulative(d, count: count)) }
            if weight <= 4 { return clip(1 - PomeranzRecursion.cumulative(d, count: count)) }
            return clip(2 * oneSided(count, d))
        }
        if weight >= 370 { return 0 }
        if weight >= 2.2 { return clip(2 * oneSided(count, d)) }
        if count <= 100_000, n * pow(d, 1.5) <= 1.4 { return clip(1 - DurbinMatrix.cumulative(d, count: count)) }
        return clip(1 - PelzGood.cumulative(d, count: count))
    }

    /// `P(D_n ≤ d) = n! (2d − 1/n)^n` for `1/2n ≤ d ≤ 1/n`.
    ///
    /// Source: H. Ruben and J. Gambino (1982), Annals of the Institute of Statistical Mathematics 34, pp. 167–173.
    private static func smallGap(_ count: Int, _ t: Double) -> Double {
        let n = Double(count)
        return exp(SpecialFunctions.logGamma(n + 1) - n * log(n) + n * log(2 * t - 1))
    }

    /// `P(D_n⁺ ≥ d) = d Σ C(n, v) (d + v/n)^(v−1) (1 − d − v/n)^(n−v)`: each term is a binomial density over `d + v/n`.
    ///
    /// Source: N. V. Smirnov (1944); Z. W. Birnbaum and F. H. Tingey (1951), Annals of Mathematical Statistics 22.
    private static func oneSided(_ count: Int, _ d: Double) -> Double {
        let n = Double(count)
        var sum = 0.0
        for v in 0...Int((n * (1 - d)).rounded(.down)) {
            let p = d + Double(v) / n
            guard p < 1 else { continue }
            sum += SpecialFunctions.binomialDensity(Double(v), of: n, p: p, q: 1 - p) / p
        }
        return d * sum
    }

    private static func clip(_ probability: Double) -> Double { min(max(probability, 0), 1) }
}
