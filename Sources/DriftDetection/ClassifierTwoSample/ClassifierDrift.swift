package import Methods
package import Tensors

/// The classifier two-sample test: whether a classifier that learned to tell rows of the window from rows of the reference
/// also tells rows that it has not seen.
///
/// Part of both samples is learned from, the rest is judged: by a one-sided Kolmogorov–Smirnov test of the probabilities,
/// or with `binarize_preds` by a binomial test of the correct answers, for which as many reference rows are taken as the
/// window has. With `n_folds` every row is judged once, and p-values come from permutations, as ``ClassifierTest`` has it.
/// Classes that differ in number move all probabilities and no rank. Everything follows from the seed, and at most
/// `max_reference_rows` of the reference take part. Rows with NaN or infinities are left out and counted; constant columns
/// say nothing and do no harm.
///
/// - Complexity: That of learning from at most `max_reference_rows` and the window; with `n_folds` so many times for each
///   permutation, of which a window that did not drift takes about forty.
///
/// Source: D. Lopez-Paz and M. Oquab (2017), "Revisiting classifier two-sample tests", arXiv:1610.06545.
package struct ClassifierDrift: WindowTest {
    package var significance: Double { test.significance }
    package let largestEffect = 1.0

    private let test: ClassifierTest

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``ClassifierDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 4 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        let settings = NetworkClassifier.Settings(
            hidden: parameters.text("model") == "logistic" ? nil : 32,
            epochs: parameters.integer("epochs"),
            batchSize: parameters.integer("batch_size"),
            learningRate: Float(parameters.number("learning_rate"))
        )
        let model = parameters.text("model")
        let isSmall = reference.elementsPerRow <= LogisticClassifier.mostColumns
        test = try ClassifierTest("ClassifierDrift", reference: reference, parameters: parameters) { rows, seed in
            switch model {
            case "boosted-trees": return BoostedTrees(learning: rows, seed: seed)
            case "logistic" where isSmall: return try LogisticClassifier(learning: rows)
            default: return try NetworkClassifier(learning: rows, settings, seed: seed)
            }
        }
    }

    package func smallestPValue(rows: Int) -> Double { test.smallestPValue(rows: rows) }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        try test.test(rows, level: level, using: seed)
    }
}
