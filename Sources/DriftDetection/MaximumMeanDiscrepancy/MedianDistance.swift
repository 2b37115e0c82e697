import Statistics
import Tensors

/// The median heuristic: the scale of a kernel from the distances between reference rows.
enum MedianDistance {
    /// Rows from which the median is taken; of more, a seeded sample of so many.
    private static let mostRows = 2_000

    /// The median over all pairs of different rows, of an even number of pairs the lower middle.
    ///
    /// Where more than half of the pairs coincide the mean is taken instead, and 0 is left where all do.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, d]`, finite, `n ≥ 2`.
    ///   - seed: What the sample is drawn from.
    ///   - part: What a column's difference adds to the distance.
    /// - Complexity: O(*n² d*), at most 2,000 rows.
    ///
    /// Source: A. Gretton et al. (2012), "A kernel two-sample test", JMLR 13, section 8.
    @inline(__always)
    static func of(_ rows: Tensor<Float>, seed: UInt64, adding part: (Float) -> Float) -> Float {
        var rows = rows
        if rows.rows > mostRows {
            var generator = SeededGenerator(seed: seed)
            rows = rows.selectingRows(generator.sample(mostRows, of: rows.rows))
        }
        let d = rows.elementsPerRow
        var distances: [Float] = []
        distances.reserveCapacity(rows.rows * (rows.rows - 1) / 2)
        rows.withUnsafeBufferPointer { values in
            for first in 0..<rows.rows {
                for second in first + 1..<rows.rows {
                    var sum: Float = 0
                    for column in 0..<d { sum += part(values[first * d + column] - values[second * d + column]) }
                    distances.append(sum)
                }
            }
        }
        distances.sort()
        let median = distances[(distances.count - 1) / 2]
        return median > 0 ? median : distances.reduce(0, +) / Float(distances.count)
    }
}
