import LinearAlgebra
package import Tensors

/// Gaussian kernels of all rows with all rows, in double precision: what is inverted later has condition numbers of a
/// million.
package enum GaussianGram {
    /// `exp(−‖a_i − b_j‖² / 2σ²)`, the mean over several σ.
    ///
    /// - Parameters:
    ///   - a: Shape `[n, d]`, finite.
    ///   - b: Shape `[m, d]`.
    /// - Returns: Shape `[n, m]`.
    package static func matrix(_ a: Tensor<Float>, _ b: Tensor<Float>, sigmas: [Float]) throws -> Tensor<Double> {
        let distances = try PairwiseDistances.squared(a.converted(to: Double.self), b.converted(to: Double.self))
        let gammas = sigmas.map { 1 / (2 * Double($0) * Double($0)) }
        return Tensor(shape: [a.rows, b.rows]) { target in
            distances.withUnsafeBufferPointer { source in
                for (index, distance) in source.enumerated() {
                    let sum = gammas.reduce(0) { $0 + Double.exponential(-$1 * distance) }
                    target.initializeElement(at: index, to: sum / Double(gammas.count))
                }
            }
        }
    }
}

extension Tensor<Double> {
    /// Some rows and columns of a matrix.
    func selecting(rows: [Int], columns: [Int]) -> Tensor<Double> {
        let width = elementsPerRow
        return withUnsafeBufferPointer { source in
            Tensor(shape: [rows.count, columns.count]) { target in
                for (place, row) in rows.enumerated() {
                    for (column, index) in columns.enumerated() {
                        target.initializeElement(at: place * columns.count + column, to: source[row * width + index])
                    }
                }
            }
        }
    }

    /// A square matrix with a number added to its diagonal.
    func addingToDiagonal(_ value: Double) -> Tensor<Double> {
        var copy = self
        for row in 0..<rows { copy[row * rows + row] += value }
        return copy
    }
}
