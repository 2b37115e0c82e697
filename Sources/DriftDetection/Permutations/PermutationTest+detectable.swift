import Statistics

extension PermutationTest.Outcome {
    /// The value of a quadratic form that a window like this one would have shown, from the spread of the permuted
    /// statistics; in the unit of the statistic.
    ///
    /// - Parameters:
    ///   - level: The level that it is found at.
    ///   - unbiased: Whether the statistic is 0 on average where nothing drifted; else it is counted from the mean of the
    ///     permuted ones.
    ///   - power: The chance that it is found.
    func detectable(level: Double, unbiased: Bool, power: Double) -> Double? {
        guard null.count > 2, let critical = critical(level) else { return nil }
        let moments = Moments(null)
        return DetectableChange.quadraticForm(
            critical: critical - (unbiased ? 0 : moments.mean),
            spread: moments.variance.squareRoot(),
            power: power
        )
    }

    /// The statistic that is reached at a level: that of a permutation where enough were drawn, else by a gamma law with
    /// the mean, the variance and the skewness of those that were.
    ///
    /// Source: A. Gretton et al. (2009), "A fast, consistent kernel two-sample test", NIPS 22, for the family of laws.
    private func critical(_ level: Double) -> Double? {
        let allowed = Int((level * Double(1 + null.count)).rounded(.down)) - 1
        if allowed >= 4 { return null.sorted(by: >)[min(allowed, null.count - 1)] }
        let moments = Moments(null)
        let deviation = moments.variance.squareRoot()
        guard deviation > 0, level > 0, level < 1 else { return nil }
        let cubes = null.reduce(0) { sum, value in
            let step = (value - moments.mean) / deviation
            return sum + step * step * step
        }
        let skewness = cubes / Double(null.count)
        guard skewness > 0.05 else { return moments.mean - deviation * Normal.quantile(level) }
        let shape = 4 / (skewness * skewness)
        let value = ChiSquared.quantile(above: level, degreesOfFreedom: 2 * shape) / 2
        return moments.mean + deviation * (value - shape) / shape.squareRoot()
    }
}
