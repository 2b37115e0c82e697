public import Statistics

/// All figures of a regression on labelled rows, with their intervals.
public struct RegressionReport: Sendable {
    /// `mean_absolute_error`, `mean_squared_error`, `root_mean_squared_error` and `r2`.
    public let metrics: [Metric]

    /// Computes the figures; all intervals are from a seeded bootstrap over rows.
    ///
    /// `r2` is `1 − Σ(y − ŷ)² / Σ(y − ȳ)²`: for constant labels 1 when every prediction is right and 0 otherwise, as
    /// scikit-learn has it, and NaN for a single row.
    ///
    /// - Parameter resamples: Of the bootstrap; 0 leaves the intervals out.
    /// - Throws: `.emptySample`; `.sizeMismatch`; `.nonFiniteValue` when a label or prediction is NaN or infinite.
    public init(
        labels: [Double],
        predictions: [Double],
        confidence: Double = 0.95,
        resamples: Int = 1_000,
        using generator: inout some RandomNumberGenerator
    ) throws(StatisticsError) {
        guard labels.count == predictions.count else {
            throw StatisticsError(
                .sizeMismatch,
                "\(labels.count) labels and \(predictions.count) predictions",
                remedy: "Give one prediction per label"
            )
        }
        guard !labels.isEmpty else {
            throw StatisticsError(.emptySample, "there are no labels", remedy: "Give at least one labelled row")
        }
        if let row = labels.indices.first(where: { !labels[$0].isFinite || !predictions[$0].isFinite }) {
            throw StatisticsError(
                .nonFiniteValue,
                "row \(row) has the label \(labels[row]) and the prediction \(predictions[row])",
                remedy: "Drop rows without a label or a prediction"
            )
        }
        var intervals = [ClosedRange<Double>?](repeating: nil, count: Self.names.count)
        if resamples > 0 {
            intervals = try Bootstrap.percentileIntervals(
                rows: labels.count,
                resamples: resamples,
                confidence: confidence,
                using: &generator
            ) { Self.figures(labels, predictions, $0) }
        }
        let values = Self.figures(labels, predictions, Array(labels.indices))
        metrics = Self.names.indices.map { index in
            Metric(
                name: Self.names[index],
                value: values[index],
                interval: intervals[index],
                intervalMethod: intervals[index] == nil ? nil : .bootstrap
            )
        }
    }

    /// The metric of a name.
    public subscript(name: String) -> Metric? { metrics.first { $0.name == name } }

    private static let names = ["mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "r2"]

    /// In the order of `names`.
    private static func figures(_ labels: [Double], _ predictions: [Double], _ rows: [Int]) -> [Double] {
        let n = Double(rows.count)
        let absolute = rows.reduce(0) { $0 + abs(labels[$1] - predictions[$1]) } / n
        let squared = rows.reduce(0) { $0 + (labels[$1] - predictions[$1]) * (labels[$1] - predictions[$1]) } / n
        let spread = Moments(rows.map { labels[$0] }).populationVariance
        let explained = rows.count < 2 ? .nan : spread > 0 ? 1 - squared / spread : squared == 0 ? 1 : 0
        return [absolute, squared, squared.squareRoot(), explained]
    }
}
