/// The regularised incomplete gamma functions.
enum Gamma {
    /// `P(a, x)`: the chance that a gamma variable of shape a lies at or below x.
    static func lower(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return x.isNaN ? .nan : 0 }
        return x < a + 1 ? series(a, x) : 1 - continuedFraction(a, x)
    }

    /// `Q(a, x) = 1 − P(a, x)`, with full precision in the far tail.
    static func upper(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return x.isNaN ? .nan : 1 }
        return x < a + 1 ? 1 - series(a, x) : continuedFraction(a, x)
    }

    /// Both converge in about √a steps where they are used.
    private static let maximumSteps = 1_000_000

    /// Abramowitz and Stegun (1964), formula 6.5.29.
    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        for step in 1...maximumSteps {
            term *= x / (a + Double(step))
            sum += term
            if term < sum * .ulpOfOne / 4 { break }
        }
        return SpecialFunctions.poissonDensity(a, mean: x) * sum
    }

    /// Abramowitz and Stegun (1964), formula 6.5.31, by Lentz' method.
    private static func continuedFraction(_ a: Double, _ x: Double) -> Double {
        guard x.isFinite else { return 0 }
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var fraction = d
        for step in 1...maximumSteps {
            let i = Double(step)
            let numerator = -i * (i - a)
            b += 2
            d = numerator * d + b
            if abs(d) < tiny { d = tiny }
            c = b + numerator / c
            if abs(c) < tiny { c = tiny }
            d = 1 / d
            let factor = d * c
            fraction *= factor
            if abs(factor - 1) < .ulpOfOne { break }
        }
        return SpecialFunctions.poissonDensity(a, mean: x) * a * fraction
    }
}

/// The chi-squared distribution.
public enum ChiSquared {
    /// The chance of a value at or below `x` with so many degrees of freedom, which are above 0.
    public static func cumulative(_ x: Double, degreesOfFreedom: Double) -> Double {
        Gamma.lower(degreesOfFreedom / 2, x / 2)
    }

    /// The chance of a value above `x`: the p-value of a chi-squared statistic.
    public static func survival(_ x: Double, degreesOfFreedom: Double) -> Double {
        Gamma.upper(degreesOfFreedom / 2, x / 2)
    }

    /// The value that is exceeded with the chance `level`, which lies between 0 and 1.
    ///
    /// - Complexity: Some eighty evaluations of the distribution function.
    public static func quantile(above level: Double, degreesOfFreedom: Double) -> Double {
        var (low, high) = (0.0, max(1, degreesOfFreedom))
        while survival(high, degreesOfFreedom: degreesOfFreedom) > level, high < .greatestFiniteMagnitude / 4 {
            high *= 2
        }
        for _ in 0..<80 where low.nextUp < high {
            let middle = (low + high) / 2
            if survival(middle, degreesOfFreedom: degreesOfFreedom) > level { low = middle } else { high = middle }
        }
        return high
    }

    /// The chance of a value above `x` when the mean of the normal numbers is not 0: a Poisson mixture of laws with more
    /// degrees of freedom.
    ///
    /// - Parameter noncentrality: The sum of the squared means.
    /// - Complexity: O(√*noncentrality*) terms.
    ///
    /// Source: N. L. Johnson, S. Kotz and N. Balakrishnan (1995), "Continuous univariate distributions" 2, chapter 29.
    public static func survival(_ x: Double, degreesOfFreedom: Double, noncentrality: Double) -> Double {
        guard noncentrality > 0 else { return survival(x, degreesOfFreedom: degreesOfFreedom) }
        let mean = noncentrality / 2
        // Terms beyond ten deviations are below 1e−20.
        let reach = 10 * mean.squareRoot() + 20
        let (first, last) = (max(0, Int(mean - reach)), Int(mean + reach))
        return (first...last).reduce(0) { sum, term in
            let weight = SpecialFunctions.poissonDensity(Double(term), mean: mean)
            return sum + weight * survival(x, degreesOfFreedom: degreesOfFreedom + 2 * Double(term))
        }
    }
}
