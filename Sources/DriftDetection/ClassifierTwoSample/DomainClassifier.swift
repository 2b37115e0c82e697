import Tensors

/// Tells rows of a window from rows of the reference.
protocol DomainClassifier: Sendable {
    /// The chance of each row to be from the window; any increasing function of it ranks rows as well.
    ///
    /// - Parameter rows: Shape `[n, d]`, finite.
    func probabilities(of rows: Tensor<Float>) throws -> [Double]

    /// What it has learned, by the names of a verdict's fields; nil where that cannot be read.
    var explanation: [String: [Double]]? { get }
}

extension DomainClassifier {
    var explanation: [String: [Double]]? { nil }
}

/// Rows and, for each, whether it is from the window.
struct DomainRows: Sendable {
    /// Shape `[n, d]`.
    var rows: Tensor<Float>
    /// Whether each row is from the window.
    var isWindow: [Bool]

    /// All rows of both samples.
    init(_ reference: Tensor<Float>, _ window: Tensor<Float>) {
        rows = reference.followed(by: window)
        isWindow = (0..<rows.rows).map { $0 >= reference.rows }
    }
}
