package import Methods
import Statistics
package import Tensors

/// The classifier two-sample test: whether a classifier that learned to tell rows of the window from rows of the reference
/// also tells rows that it has not seen.
///
/// Part of both samples is learned from, the rest is judged: by a one-sided Kolmogorov–Smirnov test of the probabilities,
/// or with `binarize_preds` by a binomial test of the correct answers, for which as many reference rows are taken as the
/// window has. With `n_folds` every row is judged once, by a classifier that has not seen it; such answers depend on each
/// other, and the level then does not hold: about one clean window in eight was called drift at 5 %. Classes that differ
/// in number move all probabilities and no rank. Everything follows from the seed, and at most `max_reference_rows` of
/// the reference take part. Rows with NaN or infinities are left out and counted; constant columns say nothing and do no
/// harm.
///
/// - Complexity: That of learning from at most `max_reference_rows` and the window, `n_folds` times.
///
/// Source: D. Lopez-Paz and M. Oquab (2017), "Revisiting classifier two-sample tests", arXiv:1610.06545.
package struct ClassifierDrift: WindowTest {
    package var significance: Double { judge.significance }
    package let largestEffect = 1.0

    private let reference: Tensor<Float>
    private let judge: HeldOutTest
    private let share: Double
    private let folds: Int?
    private let mostRows: Int
    private let learn: @Sendable (DomainRows, UInt64) throws -> any DomainClassifier

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``ClassifierDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 4 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        self.reference = try reference.asReference(of: "ClassifierDrift", atLeast: 4)
        judge = HeldOutTest(significance: parameters.number("p_val"), counts: parameters.flag("binarize_preds"))
        share = parameters.number("train_size")
        folds = parameters.optionalInteger("n_folds")
        mostRows = parameters.integer("max_reference_rows")
        let settings = NetworkClassifier.Settings(
            hidden: parameters.text("model") == "logistic" ? nil : 32,
            epochs: parameters.integer("epochs"),
            batchSize: parameters.integer("batch_size"),
            learningRate: Float(parameters.number("learning_rate"))
        )
        switch parameters.text("model") {
        case "boosted-trees": learn = { BoostedTrees(learning: $0, seed: $1) }
        case "logistic" where reference.elementsPerRow <= LogisticClassifier.mostColumns:
            learn = { examples, _ in try LogisticClassifier(learning: examples) }
        default: learn = { try NetworkClassifier(learning: $0, settings, seed: $1) }
        }
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
        let window = try rows.comparable(with: reference, atLeast: 4, "ClassifierDrift")
        var generator = SeededGenerator(seed: seed)
        let some = reference.sampled(referenceRows(window.rows), using: &generator)
        let divisions = DomainSplit.divisions(some, window, share: share, folds: folds, using: &generator)
        var ofReference: [Double] = []
        var ofWindow: [Double] = []
        for (index, division) in divisions.enumerated() {
            try Task.checkCancellation()
            let classifier = try learn(division.training, seed &+ UInt64(index))
            ofReference += try classifier.probabilities(of: division.reference)
            ofWindow += try classifier.probabilities(of: division.window)
        }
        return judge.result(reference: ofReference, window: ofWindow, excludedRows: rows.rows - window.rows)
    }
}
