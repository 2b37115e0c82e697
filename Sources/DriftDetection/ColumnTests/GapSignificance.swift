import Methods
import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Which gap between two distribution functions a test looks for; the names speak of the reference's function.
enum Alternative: String, Sendable {
    /// Either of the two.
    case twoSided = "two-sided"
    /// The reference's function lies above the window's somewhere: window values tend to be larger.
    case greater
    /// The reference's function lies below the window's somewhere: window values tend to be smaller.
    case less
}

/// How likely a gap is when both samples have one distribution.
struct GapSignificance: Sendable {
    /// Which gap is looked for.
    let alternative: Alternative
    /// How a two-sided p-value is computed.
    let method: KolmogorovSmirnov.Method

    /// Returns the chance of a gap of at least `statistic` between samples of `n` and `m` values; never 0.
    ///
    /// As `scipy.stats.ks_2samp(…, alternative, method)`; a one-sided p-value is Hodges' asymptotic one.
    ///
    /// Source: J. L. Hodges (1958), "The significance probability of the Smirnov two-sample test", Arkiv för Matematik
    /// 3, equation 5.3.
    func pValue(_ statistic: Double, n: Int, m: Int) -> Double {
        let p: Double
        if alternative == .twoSided {
            p = KolmogorovSmirnov.pValue(statistic: statistic, referenceCount: n, testCount: m, method: method).pValue
        } else {
            let larger = Double(max(n, m))
            let smaller = Double(min(n, m))
            let z = (larger * smaller / (larger + smaller)).squareRoot() * statistic
            let correction = (larger + 2 * smaller) / (larger * smaller * (larger + smaller)).squareRoot()
            p = exp(-2 * z * z - 2 * z * correction / 3)
        }
        return min(1, max(p, .leastNormalMagnitude))
    }
}

extension GapSignificance {
    /// Reads the keys `alternative` and `mode`.
    ///
    /// - Throws: `.invalidConfiguration` for a one-sided test that is to be exact.
    init(reading parameters: Parameters) throws(MethodError) {
        alternative = Alternative(rawValue: parameters.text("alternative")) ?? .twoSided
        method = KolmogorovSmirnov.Method(rawValue: parameters.text("mode")) ?? .asymptotic
        guard alternative == .twoSided || method == .asymptotic else {
            throw MethodError(
                .invalidConfiguration,
                "mode is \(method.rawValue) with alternative \(alternative.rawValue)",
                remedy: "A one-sided test is asymptotic: leave mode out, or test two-sided"
            )
        }
    }
}
