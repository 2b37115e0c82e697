package import Methods
package import Tensors

/// A classifier two-sample test that says what it found: the difference of a typical window row from the mean of the
/// reference.
///
/// As ``ClassifierDrift`` with ``DifferenceClassifier``; the answer's details hold `diffs`, one difference after the other
/// in the unit of the features, and `diff_coeffs`, what each counts. The interpretation is that of all rows that were
/// learned from, with `n_folds` of all rows, and says nothing where the test does not find drift.
package struct SpotTheDiffDrift: WindowTest {
    package var significance: Double { test.significance }
    package let largestEffect = 1.0

    private let test: ClassifierTest

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``SpotTheDiffDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 4 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        let settings = DifferenceClassifier.Settings(
            differences: parameters.integer("n_diffs"),
            l1: parameters.number("l1_reg"),
            epochs: parameters.integer("epochs"),
            batchSize: parameters.integer("batch_size"),
            learningRate: parameters.number("learning_rate")
        )
        test = try ClassifierTest("SpotTheDiffDrift", reference: reference, parameters: parameters) {
            DifferenceClassifier(learning: $0, settings, seed: $1)
        }
    }

    package func smallestPValue(rows: Int) -> Double { test.smallestPValue(rows: rows) }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        try test.test(rows, level: level, using: seed)
    }
}
