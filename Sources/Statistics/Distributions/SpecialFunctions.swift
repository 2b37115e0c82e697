#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The parts of binomial and Poisson densities that stay accurate where factorials would not.
///
/// Source: C. Loader (2000), "Fast and accurate computation of binomial probabilities", Bell Labs technical report. His
/// formulas hold for real arguments too, which gives the incomplete beta and gamma functions their leading factors.
enum SpecialFunctions {
    /// `ln Γ(x)` for x > 0.
    static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)  // `lgamma` would write to a global
    }

    /// The error of Stirling's formula: `ln Γ(n + 1) − (n + ½) ln n + n − ½ ln 2π`, for n > 0.
    static func stirlingError(_ n: Double) -> Double {
        if n <= 15 { return logGamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * .pi) }
        let s = 1 / (n * n)
        return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s / 1188)))) / n
    }

    /// The deviance `x ln(x / mean) + mean − x`, by a series where the two are near each other and would cancel.
    static func deviance(_ x: Double, _ mean: Double) -> Double {
        guard abs(x - mean) < 0.1 * (x + mean) else { return x * log(x / mean) + mean - x }
        let v = (x - mean) / (x + mean)
        var sum = (x - mean) * v
        var power = 2 * x * v
        for j in 1...1000 {
            power *= v * v
            let next = sum + power / Double(2 * j + 1)
            if next == sum { break }
            sum = next
        }
        return sum
    }

    /// `Γ(n+1) / (Γ(x+1) Γ(n−x+1)) · p^x · q^(n−x)`: the binomial density for real x and n, with q = 1 − p given.
    static func binomialDensity(_ x: Double, of n: Double, p: Double, q: Double) -> Double {
        if p == 0 { return x == 0 ? 1 : 0 }
        if q == 0 { return x == n ? 1 : 0 }
        if x == 0 { return n == 0 ? 1 : exp(p < 0.1 ? -deviance(n, n * q) - n * p : n * log(q)) }
        if x == n { return exp(q < 0.1 ? -deviance(n, n * p) - n * q : n * log(p)) }
        guard x > 0, x < n else { return 0 }
        let exponent =
            stirlingError(n) - stirlingError(x) - stirlingError(n - x)
            - deviance(x, n * p) - deviance(n - x, n * q)
        return exp(exponent) * (n / (2 * .pi * x * (n - x))).squareRoot()
    }

    /// `mean^x e^−mean / Γ(x+1)`: the Poisson density for real x.
    static func poissonDensity(_ x: Double, mean: Double) -> Double {
        if mean == 0 { return x == 0 ? 1 : 0 }
        if x == 0 { return exp(-mean) }
        return exp(-stirlingError(x) - deviance(x, mean)) / (2 * .pi * x).squareRoot()
    }
}
