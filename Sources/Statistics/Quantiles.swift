/// Quantiles of a sample.
public enum Quantiles {
    /// How to answer between two values of the sample; the names are numpy's.
    public enum Method: String, Sendable, CaseIterable {
        /// On the straight line between the two neighbours (numpy's default; Hyndman and Fan's type 7).
        case linear
        /// The smaller neighbour.
        case lower
        /// The larger neighbour: never below the wanted share, as thresholds need.
        case higher
    }

    /// The value below which a share `probability` of the sample lies, at position `(n − 1) · probability`.
    ///
    /// - Parameters:
    ///   - values: In any order.
    ///   - probability: In 0...1.
    /// - Throws: `.emptySample`, `.nonFiniteValue` for NaN or an infinity, `.parameterOutOfRange`.
    /// - Complexity: O(*n* log *n*).
    ///
    /// Source: R. Hyndman and Y. Fan (1996), "Sample quantiles in statistical packages", American Statistician 50,
    /// pp. 361–365.
    public static func quantile(
        _ values: [Double],
        _ probability: Double,
        method: Method = .linear
    ) throws(StatisticsError) -> Double {
        try quantiles(values, [probability], method: method)[0]
    }

    /// Several quantiles of one sample, which is sorted once.
    ///
    /// - Returns: One value per probability, in the order given.
    /// - Throws: As `quantile`.
    public static func quantiles(
        _ values: [Double],
        _ probabilities: [Double],
        method: Method = .linear
    ) throws(StatisticsError) -> [Double] {
        try Sample.check(values, "sample")
        for probability in probabilities { try Sample.check(probability, in: 0...1, "probability") }
        let sorted = values.sorted()
        return probabilities.map { probability in
            let position = Double(sorted.count - 1) * probability
            let below = Int(position)
            let above = min(below + (position > Double(below) ? 1 : 0), sorted.count - 1)
            switch method {
            case .linear: return interpolate(sorted[below], sorted[above], position - Double(below))
            case .lower: return sorted[below]
            case .higher: return sorted[above]
            }
        }
    }

    /// The middle value, or the mean of the two middle ones.
    ///
    /// - Throws: As `quantile`.
    public static func median(_ values: [Double]) throws(StatisticsError) -> Double {
        try quantile(values, 0.5)
    }

    /// From whichever end is nearer, so that both ends are met exactly.
    private static func interpolate(_ low: Double, _ high: Double, _ share: Double) -> Double {
        share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share)
    }
}
