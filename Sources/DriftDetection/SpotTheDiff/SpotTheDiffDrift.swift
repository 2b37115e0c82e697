package import Methods
import Statistics
package import Tensors

/// A classifier two-sample test that says what it found: the difference of a typical window row from the mean of the
/// reference.
///
/// As ``ClassifierDrift`` with ``DifferenceClassifier``; the answer's details hold `diffs`, one difference after the other
/// in the unit of the features, and `diff_coeffs`, what each counts. The interpretation is that of all rows that were
/// learned from, and says nothing where the test does not find drift.
package struct SpotTheDiffDrift: WindowTest {
    package var significance: Double { judge.significance }
    package let largestEffect = 1.0

    private let reference: Tensor<Float>
    private let judge: HeldOutTest
    private let share: Double
    private let folds: Int?
    private let mostRows: Int
    private let settings: DifferenceClassifier.Settings

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``SpotTheDiffDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 4 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        self.reference = try reference.asReference(of: "SpotTheDiffDrift", atLeast: 4)
        judge = HeldOutTest(significance: parameters.number("p_val"), counts: parameters.flag("binarize_preds"))
        share = parameters.number("train_size")
        folds = parameters.optionalInteger("n_folds")
        mostRows = parameters.integer("max_reference_rows")
        settings = DifferenceClassifier.Settings(
            differences: parameters.integer("n_diffs"),
            l1: parameters.number("l1_reg"),
            epochs: parameters.integer("epochs"),
            batchSize: parameters.integer("batch_size"),
            learningRate: parameters.number("learning_rate")
        )
    }

    private func referenceRows(_ window: Int) -> Int {
        min(reference.rows, judge.counts ? max(4, min(mostRows, window)) : mostRows)
    }

    package func smallestPValue(rows: Int) -> Double {
        func judged(_ count: Int) -> Int {
            folds == nil ? count - min(max(Int(Double(count) * share), 1), count - 1) : count
        }
        return judge.smallestPValue(reference: judged(referenceRows(rows)), window: judged(max(2, rows)))
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let window = try rows.comparable(with: reference, atLeast: 4, "SpotTheDiffDrift")
        var generator = SeededGenerator(seed: seed)
        let some = reference.sampled(referenceRows(window.rows), using: &generator)
        let divisions = DomainSplit.divisions(some, window, share: share, folds: folds, using: &generator)
        var ofReference: [Double] = []
        var ofWindow: [Double] = []
        var learned: [DifferenceClassifier] = []
        for (index, division) in divisions.enumerated() {
            try Task.checkCancellation()
            let classifier = DifferenceClassifier(learning: division.training, settings, seed: seed &+ UInt64(index))
            ofReference += classifier.probabilities(of: division.reference)
            ofWindow += classifier.probabilities(of: division.window)
            learned.append(classifier)
        }
        // Of several folds the differences are those of a classifier that learned from all rows.
        let shown =
            folds == nil
            ? learned[0] : DifferenceClassifier(learning: DomainRows(some, window), settings, seed: seed)
        return judge.result(
            reference: ofReference,
            window: ofWindow,
            excludedRows: rows.rows - window.rows,
            details: ["diffs": shown.differences, "diff_coeffs": shown.coefficients]
        )
    }
}
