public import Statistics

/// All figures of a classifier on labelled rows, with their intervals.
public struct ClassificationReport: Sendable {
    /// Precision, recall and F1 of one class.
    public struct ClassFigures: Sendable, Hashable {
        /// The class.
        public var label: Int
        /// Of the rows predicted as the class, the share that are of it.
        public var precision: Double
        /// Of the rows of the class, the share that were predicted as it.
        public var recall: Double
        /// Their harmonic mean.
        public var f1: Double
        /// The rows of the class.
        public var support: Int
    }

    /// `accuracy`, `balanced_accuracy`, `precision_macro` and so on; with probabilities also `log_loss`,
    /// `brier_score_loss` and `roc_auc` (two classes) or `roc_auc_ovr`.
    public let metrics: [Metric]
    /// The figures of each class that occurs.
    public let classes: [ClassFigures]
    /// What they were computed from.
    public let confusion: ConfusionMatrix

    /// Computes the figures.
    ///
    /// Accuracy has Wilson's interval, the areas DeLong's, all others a seeded bootstrap over rows.
    ///
    /// - Parameters:
    ///   - predictions: The predicted class of each row; the most probable one where `nil`.
    ///   - scores: The probabilities, where there are any.
    ///   - resamples: Of the bootstrap; 0 leaves those intervals out.
    /// - Throws: `.emptySample`, `.sizeMismatch`, `.parameterOutOfRange`.
    public init(
        labels: [Int],
        predictions: [Int]? = nil,
        scores: ProbabilityScores? = nil,
        confidence: Double = 0.95,
        resamples: Int = 1_000,
        using generator: inout some RandomNumberGenerator
    ) throws(StatisticsError) {
        let confusion = try ConfusionMatrix(labels: labels, predictions: predictions ?? scores?.predictions ?? [])
        let losses = scores.map { [$0.logLosses, $0.brierScores] } ?? []
        guard losses.allSatisfy({ $0.count == labels.count }) else {
            throw StatisticsError(
                .sizeMismatch,
                "\(labels.count) labels and \(losses[0].count) rows of probabilities",
                remedy: "Give one row of probabilities per label"
            )
        }
        var metrics = [
            Self.accuracy(
                confusion,
                try ProportionInterval.wilson(
                    successes: confusion.correct,
                    trials: confusion.total,
                    confidence: confidence
                )
            )
        ]
        let names = Self.names + ["log_loss", "brier_score_loss"].prefix(losses.count)
        let values = Self.shares(confusion) + losses.map { $0.reduce(0, +) / Double($0.count) }
        var intervals = [ClosedRange<Double>?](repeating: nil, count: names.count)
        if resamples > 0 {
            let cells = Self.cells(confusion.classes, labels, predictions ?? scores?.predictions ?? [])
            intervals = try Bootstrap.percentileIntervals(
                rows: labels.count,
                resamples: resamples,
                confidence: confidence,
                using: &generator
            ) { rows in
                Self.shares(Self.matrix(confusion.classes, cells, rows))
                    + losses.map { loss in rows.reduce(0) { $0 + loss[$1] } / Double(rows.count) }
            }
        }
        for (index, name) in names.enumerated() {
            metrics.append(
                Metric(
                    name: name,
                    value: values[index],
                    interval: intervals[index],
                    intervalMethod: intervals[index] == nil ? nil : .bootstrap
                )
            )
        }
        if let scores {
            let area = ROCAUC(scores)
            let interval = area.interval(confidence: confidence)
            metrics.append(
                Metric(
                    name: scores.classCount == 2 ? "roc_auc" : "roc_auc_ovr",
                    value: area.value,
                    interval: interval,
                    intervalMethod: interval == nil ? nil : .deLong
                )
            )
        }
        self.metrics = metrics
        self.confusion = confusion
        let (precision, recall, f1, support) = (confusion.precision, confusion.recall, confusion.f1, confusion.support)
        classes = confusion.classes.indices.map { index in
            ClassFigures(
                label: confusion.classes[index],
                precision: precision[index],
                recall: recall[index],
                f1: f1[index],
                support: support[index]
            )
        }
    }

    /// The metric of a name, where it was computed.
    public subscript(name: String) -> Metric? { metrics.first { $0.name == name } }

    private static let names =
        ["balanced_accuracy"]
        + ["precision", "recall", "f1"].flatMap { name in
            ConfusionMatrix.Average.allCases.map { "\(name)_\($0.rawValue)" }
        }

    /// In the order of `names`.
    private static func shares(_ matrix: ConfusionMatrix) -> [Double] {
        [matrix.balancedAccuracy]
            + ConfusionMatrix.Average.allCases.map { matrix.precision($0) }
            + ConfusionMatrix.Average.allCases.map { matrix.recall($0) }
            + ConfusionMatrix.Average.allCases.map { matrix.f1($0) }
    }

    private static func accuracy(_ matrix: ConfusionMatrix, _ interval: ClosedRange<Double>) -> Metric {
        Metric(name: "accuracy", value: matrix.accuracy, interval: interval, intervalMethod: .wilson)
    }

    /// The place of each row in the matrix, so that a resample only counts.
    private static func cells(_ classes: [Int], _ labels: [Int], _ predictions: [Int]) -> [Int] {
        let place = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        return zip(labels, predictions).map { (place[$0] ?? 0) * classes.count + (place[$1] ?? 0) }
    }

    /// The matrix of some rows; classes that do not occur in them are left out, as the whole matrix leaves them out.
    private static func matrix(_ classes: [Int], _ cells: [Int], _ rows: [Int]) -> ConfusionMatrix {
        let size = classes.count
        var counts = [Int](repeating: 0, count: size * size)
        for row in rows { counts[cells[row]] += 1 }
        let present = (0..<size).filter { index in
            (0..<size).contains { counts[index * size + $0] > 0 || counts[$0 * size + index] > 0 }
        }
        return ConfusionMatrix(
            classes: present.map { classes[$0] },
            counts: present.map { row in present.map { counts[row * size + $0] } }
        )
    }
}
