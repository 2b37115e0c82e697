/// The beta distribution.
public enum Beta {
    /// The chance of a value at or below `x`, the regularised incomplete beta function `I_x(a, b)`, for a, b > 0.
    ///
    /// Source: Abramowitz and Stegun (1964), 26.5.8, by W. J. Lentz' method; the leading factor by C. Loader (2000).
    public static func cumulative(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return x.isNaN ? .nan : 0 }
        guard x < 1 else { return 1 }
        // The fraction converges fast below the mean; above it the other tail does.
        return x <= (a + 1) / (a + b + 2) ? tail(x, 1 - x, a, b) : 1 - tail(1 - x, x, b, a)
    }

    /// The chance of a value above `x`, with full precision where it is small.
    public static func survival(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return x.isNaN ? .nan : 1 }
        guard x < 1 else { return 0 }
        return x <= (a + 1) / (a + b + 2) ? 1 - tail(x, 1 - x, a, b) : tail(1 - x, x, b, a)
    }

    /// The value that a share `probability` lies below; NaN for a probability outside of 0...1.
    ///
    /// By Newton's steps on the distribution function, kept inside of a bracket that halves where they would leave it.
    public static func quantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
        guard probability >= 0, probability <= 1 else { return .nan }
        guard probability > 0 else { return 0 }
        guard probability < 1 else { return 1 }
        var low = 0.0
        var high = 1.0
        var x = a / (a + b)
        for _ in 0..<200 {
            let error = cumulative(x, a, b) - probability
            if error > 0 { high = x } else { low = x }
            let slope = density(x, a, b)
            var next = x - error / slope
            if !(next > low && next < high) { next = 0.5 * (low + high) }
            if abs(next - x) <= .ulpOfOne * next || high - low <= .ulpOfOne * high { return next }
            x = next
        }
        return x
    }

    private static func density(_ x: Double, _ a: Double, _ b: Double) -> Double {
        SpecialFunctions.binomialDensity(a, of: a + b, p: x, q: 1 - x) * a * b / ((a + b) * x * (1 - x))
    }

    private static func tail(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        if abs(d) < tiny { d = tiny }
        d = 1 / d
        var fraction = d
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var factor = 1.0
            for numerator in [even, odd] {
                d = 1 + numerator * d
                if abs(d) < tiny { d = tiny }
                c = 1 + numerator / c
                if abs(c) < tiny { c = tiny }
                d = 1 / d
                factor = d * c
                fraction *= factor
            }
            if abs(factor - 1) < .ulpOfOne { break }
        }
        return SpecialFunctions.binomialDensity(a, of: a + b, p: x, q: y) * b / (a + b) * fraction
    }
}
