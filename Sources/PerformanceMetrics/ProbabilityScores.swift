public import Statistics
public import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Predicted probabilities beside the classes that came true, checked to belong together.
public struct ProbabilityScores: Sendable {
    /// The true class of each row, in `0..<classCount`.
    public let labels: [Int]
    /// The probability of each class, `[rows][classes]`, at least two classes.
    public let probabilities: [[Double]]

    /// Takes labels and probabilities together.
    ///
    /// - Parameters:
    ///   - labels: The true class of each row.
    ///   - probabilities: Shape `[n, classes]`; or `[n]` or `[n, 1]` for the probability of class 1 of two.
    /// - Throws: `.emptySample`; `.sizeMismatch`; `.nonFiniteValue`; `.parameterOutOfRange` when a probability lies
    ///   outside of 0...1 or a label has no column.
    public init(labels: [Int], probabilities: Tensor<Float>) throws(StatisticsError) {
        guard !labels.isEmpty else {
            throw StatisticsError(.emptySample, "there are no labels", remedy: "Give at least one labelled row")
        }
        guard !probabilities.shape.isEmpty, probabilities.rows == labels.count else {
            throw StatisticsError(
                .sizeMismatch,
                "\(labels.count) labels and probabilities of shape \(probabilities.shape)",
                remedy: "Give one row of probabilities per label"
            )
        }
        let width = probabilities.elementsPerRow
        let classCount = max(width, 2)
        let values = probabilities.elements
        if let index = values.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw StatisticsError(
                values[index].isFinite ? .parameterOutOfRange : .nonFiniteValue,
                "the probability in row \(index / width) is \(values[index])",
                remedy: "Give probabilities in 0 to 1: the output after softmax or sigmoid"
            )
        }
        if let row = labels.firstIndex(where: { $0 < 0 || $0 >= classCount }) {
            throw StatisticsError(
                .parameterOutOfRange,
                "the label of row \(row) is \(labels[row]) and there are \(classCount) classes",
                remedy: "Give labels from 0 to \(classCount - 1), in the order of the columns"
            )
        }
        self.labels = labels
        self.probabilities = labels.indices.map { row in
            let given = values[row * width..<(row + 1) * width].map(Double.init)
            return width == 1 ? [1 - given[0], given[0]] : given
        }
    }

    /// The number of classes.
    public var classCount: Int { probabilities[0].count }

    /// The most probable class of each row; the first of equals.
    public var predictions: [Int] {
        probabilities.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
    }

    /// The negative logarithm of the true class' probability, per row, in nats.
    ///
    /// Rows are divided by their sum, and a probability of 0 counts as the smallest step of `Float` above it (1.2e−7),
    /// so that one sure mistake does not make the mean infinite; scikit-learn does both, by the input's own type.
    public var logLosses: [Double] {
        zip(labels, probabilities).map { label, row in
            let step = Double(Float.ulpOfOne)
            let share = row[label] / row.reduce(0, +)
            return -log(min(max(share, step), 1 - step))
        }
    }

    /// Brier's score per row: the squared error of the probability of class 1 with two classes, and with more the sum of
    /// the squared errors over all classes; as scikit-learn's `brier_score_loss` with `scale_by_half="auto"`.
    ///
    /// Source: G. W. Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    /// 78, pp. 1–3.
    public var brierScores: [Double] {
        zip(labels, probabilities).map { label, row in
            let errors = row.enumerated().map { index, p in
                let error = p - (index == label ? 1 : 0)
                return error * error
            }
            return classCount == 2 ? errors[1] : errors.reduce(0, +)
        }
    }
}
