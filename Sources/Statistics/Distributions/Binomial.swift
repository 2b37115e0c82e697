/// The binomial distribution: how many of `trials` succeed when each does with the same chance.
public enum Binomial {
    /// The chance of exactly `successes`; 0 outside of `0...trials`.
    public static func mass(_ successes: Int, trials: Int, probability: Double) -> Double {
        guard successes >= 0, successes <= trials else { return 0 }
        return SpecialFunctions.binomialDensity(
            Double(successes),
            of: Double(trials),
            p: probability,
            q: 1 - probability
        )
    }

    /// The chance of at most `successes`.
    public static func cumulative(_ successes: Int, trials: Int, probability: Double) -> Double {
        guard successes >= 0 else { return 0 }
        guard successes < trials else { return 1 }
        return Beta.survival(probability, Double(successes + 1), Double(trials - successes))
    }

    /// The chance of more than `successes`, with full precision where it is small.
    public static func survival(_ successes: Int, trials: Int, probability: Double) -> Double {
        guard successes >= 0 else { return 1 }
        guard successes < trials else { return 0 }
        return Beta.cumulative(probability, Double(successes + 1), Double(trials - successes))
    }

    /// The smallest number of successes that is not exceeded with a chance of at least `level`; as `scipy.stats.binom.ppf`.
    ///
    /// - Throws: `.parameterOutOfRange` when the number of trials is negative, or the level or probability lies outside
    ///   of 0...1.
    /// - Complexity: O(log *trials*) evaluations of the distribution function.
    public static func quantile(_ level: Double, trials: Int, probability: Double) throws(StatisticsError) -> Int {
        try Sample.check(level, in: 0...1, "level")
        try Sample.check(probability, in: 0...1, "probability")
        guard trials >= 0 else {
            throw StatisticsError(.parameterOutOfRange, "there are \(trials) trials", remedy: "Give 0 or more")
        }
        var low = 0
        var high = trials
        while low < high {
            let middle = low + (high - low) / 2
            let isEnough = cumulative(middle, trials: trials, probability: probability) >= level
            if isEnough { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
