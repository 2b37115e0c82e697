import Methods
import Tensors

/// Logistic regression on standardised columns, with the ridge that is scikit-learn's default.
///
/// Solved exactly: what a network of one layer has learned after a few passes over a small window lies nearer to its random
/// start than to the answer.
struct LogisticClassifier: DomainClassifier {
    /// With more columns than these the steps would take seconds.
    static let mostColumns = 512

    private let scaling: Scaling
    private let regression: LogisticRegression

    /// Learns.
    init(learning examples: DomainRows) throws {
        scaling = Scaling(fittedTo: examples.rows)
        regression = try LogisticRegression(
            of: Self.withIntercept(scaling.scaled(examples.rows)),
            isSecond: examples.isWindow,
            places: Array(examples.isWindow.indices),
            ridge: 1 / Double(examples.isWindow.count)
        )
    }

    func probabilities(of rows: Tensor<Float>) throws -> [Double] {
        let rows = Self.withIntercept(scaling.scaled(rows))
        return (0..<rows.rows).map { regression.chance(of: $0, in: rows) }
    }

    private static func withIntercept(_ rows: Tensor<Float>) -> Tensor<Double> {
        let width = rows.elementsPerRow
        return Tensor(shape: [rows.rows, width + 1]) { target in
            for row in 0..<rows.rows {
                for column in 0..<width {
                    target.initializeElement(at: row * (width + 1) + column, to: Double(rows[row * width + column]))
                }
                target.initializeElement(at: row * (width + 1) + width, to: 1)
            }
        }
    }
}
