import LinearAlgebra
import Statistics
package import Tensors

/// The Gaussian kernel `k(x, y) = exp(−‖x − y‖² / 2σ²)`, or the mean of several with different σ.
package struct GaussianKernel: Sendable, Equatable {
    /// The widths σ, each positive, in the unit of the features.
    package let sigmas: [Float]

    /// Creates a kernel; `sigmas` holds at least one positive width.
    package init(sigmas: [Float]) {
        precondition(!sigmas.isEmpty && sigmas.allSatisfy { $0 > 0 && $0.isFinite }, "a width is positive")
        self.sigmas = sigmas
    }

    /// Rows from which the median is taken; of more, a seeded sample of so many.
    static let largestMedianSample = 2_000

    /// The width at which `2σ²` is the median squared distance between two different rows.
    ///
    /// Of an even number of pairs the lower middle counts. Where more than half of the pairs coincide the mean squared
    /// distance is taken instead, and 1 where all do.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, d]`, finite, `n ≥ 2`.
    ///   - seed: What the sample is drawn from when there are more than 2,000 rows.
    /// - Complexity: O(*n² d*), at most 2,000 rows.
    ///
    /// Source: A. Gretton et al. (2012), "A kernel two-sample test", JMLR 13, section 8.
    package init(medianOf rows: Tensor<Float>, seed: UInt64) {
        var rows = rows
        if rows.rows > GaussianKernel.largestMedianSample {
            var generator = SeededGenerator(seed: seed)
            rows = rows.selectingRows(generator.sample(GaussianKernel.largestMedianSample, of: rows.rows))
        }
        let distances = GaussianKernel.squaredDistances(rows)
        let median = distances[(distances.count - 1) / 2]
        let scale = median > 0 ? median : distances.reduce(0, +) / Float(distances.count)
        self.init(sigmas: [scale > 0 ? (scale / 2).squareRoot() : 1])
    }

    /// The squared distances of all pairs of different rows, ascending.
    private static func squaredDistances(_ rows: Tensor<Float>) -> [Float] {
        let d = rows.elementsPerRow
        var distances: [Float] = []
        distances.reserveCapacity(rows.rows * (rows.rows - 1) / 2)
        rows.withUnsafeBufferPointer { values in
            for first in 0..<rows.rows {
                for second in first + 1..<rows.rows {
                    var sum: Float = 0
                    for column in 0..<d {
                        let difference = values[first * d + column] - values[second * d + column]
                        sum += difference * difference
                    }
                    distances.append(sum)
                }
            }
        }
        distances.sort()
        return distances
    }
}
