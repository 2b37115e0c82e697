public import Statistics

/// How often each class was taken for each other, and the shares that follow from it.
///
/// A share whose denominator is 0 (precision of a class that was never predicted, say) is 0, as scikit-learn's
/// `zero_division=0`.
public struct ConfusionMatrix: Sendable, Hashable {
    /// How per-class shares become one figure; the names are scikit-learn's.
    public enum Average: String, Sendable, CaseIterable {
        /// Over all rows at once.
        case micro
        /// The mean over classes.
        case macro
        /// The mean over classes, weighted by their true rows.
        case weighted
    }

    /// The classes that occur, truly or predicted, ascending; the order of rows and columns.
    public let classes: [Int]
    /// `counts[i][j]` rows truly of class `classes[i]` were predicted as `classes[j]`.
    public let counts: [[Int]]

    /// Counts pairs of a true and a predicted class.
    ///
    /// - Throws: `.sizeMismatch` when the two differ in length; `.emptySample` when there are none.
    public init(labels: [Int], predictions: [Int]) throws(StatisticsError) {
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
        let classes = Set(labels).union(predictions).sorted()
        let place = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        for (label, prediction) in zip(labels, predictions) {
            if let row = place[label], let column = place[prediction] { counts[row][column] += 1 }
        }
        self.init(classes: classes, counts: counts)
    }

    init(classes: [Int], counts: [[Int]]) {
        self.classes = classes
        self.counts = counts
    }

    /// All rows.
    public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The rows that were predicted right.
    public var correct: Int { classes.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// The rows of each true class.
    public var support: [Int] { counts.map { $0.reduce(0, +) } }

    /// The rows predicted as each class.
    public var predicted: [Int] { classes.indices.map { column in counts.reduce(0) { $0 + $1[column] } } }

    /// The share of rows that were predicted right.
    public var accuracy: Double { Double(correct) / Double(total) }

    /// The mean recall of the classes that truly occur.
    public var balancedAccuracy: Double {
        let recalls = zip(recall, support).filter { $0.1 > 0 }.map(\.0)
        return recalls.reduce(0, +) / Double(recalls.count)
    }

    /// Of the rows predicted as each class, the share that are of it.
    public var precision: [Double] { zip(diagonal, predicted).map(Self.share) }

    /// Of the rows of each class, the share that were predicted as it.
    public var recall: [Double] { zip(diagonal, support).map(Self.share) }

    /// The harmonic mean of precision and recall, per class: `2 TP / (2 TP + FP + FN)`.
    public var f1: [Double] {
        classes.indices.map { Self.share(2 * diagonal[$0], predicted[$0] + support[$0]) }
    }

    /// Precision over all classes.
    public func precision(_ average: Average) -> Double { averaged(precision, average) }

    /// Recall over all classes.
    public func recall(_ average: Average) -> Double { averaged(recall, average) }

    /// F1 over all classes.
    public func f1(_ average: Average) -> Double { averaged(f1, average) }

    /// With one class per row, every false positive is another class' false negative: all micro averages are accuracy.
    private func averaged(_ shares: [Double], _ average: Average) -> Double {
        switch average {
        case .micro: accuracy
        case .macro: shares.reduce(0, +) / Double(shares.count)
        case .weighted: zip(shares, support).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
        }
    }

    private var diagonal: [Int] { classes.indices.map { counts[$0][$0] } }

    private static func share(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
