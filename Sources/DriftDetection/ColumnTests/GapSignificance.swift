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
    /// The gap that has the p-value `level`, between samples of `n` and `m` values, to about 1e−6; above 1 where none has.
    ///
    /// By the law for large samples where it is counted exactly elsewhere: what is told of power is no finer.
    ///
    /// - Complexity: Some ten p-values.
    func critical(_ level: Double, n: Int, m: Int) -> Double {
        guard level > 0 else { return .infinity }
        let law = GapSignificance(alternative: alternative, method: .asymptotic)
        let wanted = log(min(1, level))
        // The logarithm of the p-value is about linear in the squared gap.
        var (low, high) = (0.0, 1.0)
        var (atLow, atHigh) = (0.0, log(law.pValue(1, n: n, m: m)))
        guard atHigh <= wanted else { return .infinity }
        for step in 0..<60 where high - low > 1e-7 {
            let share = step % 3 == 2 ? 0.5 : (atLow - wanted) / max(atLow - atHigh, .leastNormalMagnitude)
            let middle = (low * low + min(max(share, 0.01), 0.99) * (high * high - low * low)).squareRoot()
            let value = log(law.pValue(middle, n: n, m: m))
            if value > wanted { (low, atLow) = (middle, value) } else { (high, atHigh) = (middle, value) }
        }
        return high
    }

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
