package import Methods
package import Tensors

/// Whether a model has become surer or less sure of its answers, whatever the inputs do: Kolmogorov and Smirnov's test of
/// how uncertain it is, one number a row.
///
/// A row whose answer holds NaN has no uncertainty: it is left out, and the missing rate is tested beside. Answers that
/// are all alike have one uncertainty, and no gap.
///
/// Source: T. S. Sethi and M. Kantardzic (2017), "On the reliable detection of concept drift from streaming unlabeled
/// data", Expert Systems with Applications 82, arXiv:1704.00023.
package struct UncertaintyDrift: WindowTest {
    private let uncertainty: Uncertainty
    private let width: Int
    private let test: ColumnwiseTest
    private let name: String

    /// - Parameters:
    ///   - reference: Answers of the model, shape `[n, …]`.
    ///   - parameters: Keys of the method, among them those of `KSDrift`.
    init(_ uncertainty: Uncertainty, reference: Tensor<Float>, parameters: Parameters, name: String) throws {
        self.uncertainty = uncertainty
        self.name = name
        width = reference.elementsPerRow
        test = try ColumnMethods.kolmogorovSmirnov.test(
            reference: uncertainty.ofAnswers(reference, name),
            parameters: parameters
        )
    }

    package var significance: Double { test.significance }
    package var largestEffect: Double { test.largestEffect }
    package func smallestPValue(rows: Int) -> Double { test.smallestPValue(rows: rows) }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        guard rows.elementsPerRow == width else {
            throw MethodError.width(rows.elementsPerRow, expected: width, name)
        }
        var result = try test.test(uncertainty.ofAnswers(rows, name), level: level, using: seed)
        result.jointly = true
        result.features = []
        return result
    }
}
