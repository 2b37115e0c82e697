import LinearAlgebra
package import Tensors

/// The chance of a row to be of the second of two kinds, a logistic function of a linear one.
///
/// The weights have the least mean logarithmic loss and `ridge / 2` times their squares, the intercept's left out; with
/// `ridge = 1 / n` they are those of scikit-learn's `LogisticRegression` with `C = 1`.
package struct LogisticRegression: Sendable {
    /// One weight for each column.
    package let weights: [Double]

    /// Steps after which it ends in any case; five to ten are enough where the kinds overlap.
    private static let mostSteps = 25

    /// Learns by Newton's steps.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, d]`, finite; the last column is 1 in every row, for the intercept.
    ///   - isSecond: Of which kind each row is.
    ///   - places: The rows to learn from.
    ///   - ridge: Positive.
    /// - Complexity: O(*n d²* + *d³*) a step.
    package init(of rows: Tensor<Double>, isSecond: [Bool], places: [Int], ridge: Double) throws {
        let width = rows.elementsPerRow
        let penalty = ridge * Double(places.count)
        var weights = [Double](repeating: 0, count: width)
        for _ in 0..<Self.mostSteps {
            var gradient = [Double](repeating: 0, count: width)
            var scaled = [Double](repeating: 0, count: places.count * width)
            for (place, row) in places.enumerated() {
                let chance = Self.chance(of: row, in: rows, weights)
                let slope = chance - (isSecond[row] ? 1 : 0)
                let curvature = max(chance * (1 - chance), 1e-10).squareRoot()
                for column in 0..<width {
                    let value = rows[row * width + column]
                    gradient[column] += slope * value
                    scaled[place * width + column] = curvature * value
                }
            }
            for column in 0..<width - 1 { gradient[column] += penalty * weights[column] }
            let matrix = try Tensor(shape: [places.count, width], elements: scaled)
            var curvature = try BLAS.matmul(matrix, matrix, .transposed, .plain)
            for column in 0..<width {
                curvature[column * width + column] += column + 1 < width ? penalty : 1e-9 * Double(places.count)
            }
            let step = try Cholesky(of: curvature).solve(Tensor(shape: [width], elements: gradient)).elements
            var size = 0.0
            for column in 0..<width {
                weights[column] -= step[column]
                size = max(size, abs(step[column]))
            }
            if size < 1e-8 { break }
        }
        self.weights = weights
    }

    /// The chance of one row of a tensor as ``init(of:isSecond:places:ridge:)`` takes it.
    package func chance(of row: Int, in rows: Tensor<Double>) -> Double { Self.chance(of: row, in: rows, weights) }

    private static func chance(of row: Int, in rows: Tensor<Double>, _ weights: [Double]) -> Double {
        let start = row * weights.count
        let logit = weights.indices.reduce(0) { $0 + weights[$1] * rows[start + $1] }
        return 1 / (1 + Double.exponential(-logit))
    }
}
