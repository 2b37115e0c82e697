/// A measured figure, how sure we are of it, and how we know that.
public struct Metric: Sendable, Hashable {
    /// How an interval was computed.
    public enum IntervalMethod: String, Sendable, Hashable {
        /// Wilson's score interval, for a share of rows.
        case wilson
        /// DeLong's placements and a normal approximation, for areas under a curve.
        case deLong = "delong"
        /// The percentiles of seeded resamples of the rows.
        case bootstrap
    }

    /// The name that scikit-learn has for it: that of its scorer, or of its function where the scorer has a minus sign.
    public var name: String
    /// The figure; NaN where it is not defined for these rows.
    public var value: Double
    /// Where the figure of the whole population lies, at the confidence that was asked for; `nil` where it is not known.
    public var interval: ClosedRange<Double>?
    /// How the interval was computed.
    public var intervalMethod: IntervalMethod?

    /// Makes a metric.
    public init(
        name: String,
        value: Double,
        interval: ClosedRange<Double>? = nil,
        intervalMethod: IntervalMethod? = nil
    ) {
        self.name = name
        self.value = value
        self.interval = interval
        self.intervalMethod = intervalMethod
    }
}
