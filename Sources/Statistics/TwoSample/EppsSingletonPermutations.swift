/// Epps and Singleton's statistic of one pooled sample, for any choice of the rows that are called the window.
///
/// The points depend on the pooled values alone, so the cosines and sines are computed once. A choice of rows costs the
/// sums over the window; those of the reference are the rest. The covariance has a trillionth of its size added to the
/// diagonal: where all values of a side coincide the statistic is then large and not undefined.
package struct EppsSingletonPermutations: Sendable {
    private let rows: [Double]  // [n + m, 4], about their means, the reference's first
    private let squares: [Double]  // Σ of products of all rows, upper triangle
    private let ridge: Double
    private let n: Int
    private let m: Int

    /// How many values both samples have.
    package var count: Int { n + m }

    /// Pools two ascending samples; nil where all values are equal.
    ///
    /// - Complexity: O(*n* + *m*).
    package init?(sortedReference x: [Double], sortedTest y: [Double]) {
        guard let scale = EppsSingleton.Scale(x, y) else { return nil }
        (n, m) = (x.count, y.count)
        var rows = EppsSingleton.waves(x + y, scale.points)
        for place in 0..<4 {
            let mean = stride(from: place, to: rows.count, by: 4).reduce(0) { $0 + rows[$1] } / Double(n + m)
            for index in stride(from: place, to: rows.count, by: 4) { rows[index] -= mean }
        }
        var sums = Sums()
        for row in 0..<n + m { sums.add(rows, row) }
        self.rows = rows
        squares = sums.squares
        ridge = 1e-12 * (sums.squares[0] + sums.squares[4] + sums.squares[7] + sums.squares[9]) / Double(n + m)
    }

    /// The statistic of the samples as they are.
    package var observed: Double { statistic { body in (n..<n + m).forEach(body) } }

    /// The statistic when the window's rows are others.
    ///
    /// - Parameter forEachRow: Calls its argument with each of the `m` rows once.
    /// - Complexity: O(*m*).
    package func statistic(_ forEachRow: ((Int) -> Void) -> Void) -> Double {
        var window = Sums()
        forEachRow { window.add(rows, $0) }
        let (size, windowSize) = (Double(n), Double(m))
        let total = size + windowSize
        // All rows sum to 0, so the reference's sums are the window's, negated.
        let ofReference = window.means.map { -$0 / size }
        let ofWindow = window.means.map { $0 / windowSize }
        let difference = zip(ofReference, ofWindow).map { $0 - $1 }
        var covariance = [Double](repeating: 0, count: 10)
        var place = 0
        for i in 0..<4 {
            for j in i..<4 {
                let a = (squares[place] - window.squares[place]) / size - ofReference[i] * ofReference[j]
                let b = window.squares[place] / windowSize - ofWindow[i] * ofWindow[j]
                covariance[place] = total / size * a + total / windowSize * b + (i == j ? ridge : 0)
                place += 1
            }
        }
        return total * Self.quadraticForm(covariance, difference)
    }

    /// Sums of rows and of their products.
    private struct Sums {
        var means = [Double](repeating: 0, count: 4)
        var squares = [Double](repeating: 0, count: 10)

        mutating func add(_ rows: [Double], _ row: Int) {
            var place = 0
            for i in 0..<4 {
                let value = rows[row * 4 + i]
                means[i] += value
                for j in i..<4 {
                    squares[place] += value * rows[row * 4 + j]
                    place += 1
                }
            }
        }
    }

    /// `vᵀ A⁻¹ v` of a positive matrix by its upper triangle, without roots: `A = L D Lᵀ`.
    private static func quadraticForm(_ upper: [Double], _ v: [Double]) -> Double {
        func index(_ i: Int, _ j: Int) -> Int { min(i, j) * (7 - min(i, j)) / 2 + max(i, j) }
        var l = [Double](repeating: 0, count: 16)
        var d = [Double](repeating: 0, count: 4)
        var z = v
        var sum = 0.0
        for i in 0..<4 {
            for j in 0..<i {
                var value = upper[index(i, j)]
                for k in 0..<j { value -= l[i * 4 + k] * l[j * 4 + k] * d[k] }
                l[i * 4 + j] = value / d[j]
                z[i] -= l[i * 4 + j] * z[j]
            }
            var pivot = upper[index(i, i)]
            for k in 0..<i { pivot -= l[i * 4 + k] * l[i * 4 + k] * d[k] }
            d[i] = max(pivot, .leastNormalMagnitude)
            sum += z[i] * z[i] / d[i]
        }
        return sum
    }
}
