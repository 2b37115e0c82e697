/// Confidence intervals for a proportion.
public enum ProportionInterval {
    /// Wilson's score interval: close to its promised coverage from small samples on.
    ///
    /// - Parameters:
    ///   - successes: How many of the trials succeeded.
    ///   - trials: At least 1.
    ///   - confidence: The share of such intervals that hold the true proportion, in 0...1.
    /// - Throws: `.emptySample` without trials; `.parameterOutOfRange`.
    ///
    /// Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", Journal of
    /// the American Statistical Association 22, pp. 209–212.
    public static func wilson(
        successes: Int,
        trials: Int,
        confidence: Double = 0.95
    ) throws(StatisticsError) -> ClosedRange<Double> {
        try check(successes, trials, confidence)
        let n = Double(trials)
        let share = Double(successes) / n
        let z = Normal.quantile(0.5 + confidence / 2)
        guard z.isFinite else { return 0...1 }
        let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        let low = successes == 0 ? 0 : max(0, centre - half)  // exactly, where rounding would leave 1e−18
        let high = successes == trials ? 1 : min(1, centre + half)
        return low...high
    }

    /// Clopper and Pearson's exact interval: never below its promised coverage, and wider for that.
    ///
    /// - Throws: As `wilson`.
    ///
    /// Source: C. Clopper and E. Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of
    /// the binomial", Biometrika 26, pp. 404–413.
    public static func clopperPearson(
        successes: Int,
        trials: Int,
        confidence: Double = 0.95
    ) throws(StatisticsError) -> ClosedRange<Double> {
        try check(successes, trials, confidence)
        let (k, n) = (Double(successes), Double(trials))
        let tail = (1 - confidence) / 2
        let low = successes == 0 ? 0 : Beta.quantile(tail, k, n - k + 1)
        let high = successes == trials ? 1 : Beta.quantile(1 - tail, k + 1, n - k)
        return low...max(low, high)
    }

    private static func check(_ successes: Int, _ trials: Int, _ confidence: Double) throws(StatisticsError) {
        guard trials > 0 else {
            throw StatisticsError(.emptySample, "a proportion of \(trials) trials", remedy: "Give at least one trial")
        }
        guard successes >= 0, successes <= trials else {
            throw StatisticsError(
                .parameterOutOfRange,
                "\(successes) successes of \(trials) trials",
                remedy: "Give between 0 and \(trials) successes"
            )
        }
        try Sample.check(confidence, in: 0...1, "confidence")
    }
}
