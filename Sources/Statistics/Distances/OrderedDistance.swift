/// Distances between the distribution functions of two samples of numbers, in the unit of the numbers.
public enum OrderedDistance: String, Sendable, CaseIterable {
    /// Wasserstein's distance of order 1, `∫ |F − G|`: how far values have to be moved; as
    /// `scipy.stats.wasserstein_distance`.
    ///
    /// Source: S. S. Vallender (1974), Theory of Probability and its Applications 18, pp. 784–786.
    case wasserstein
    /// The energy distance, `√(2 ∫ (F − G)²)`; as `scipy.stats.energy_distance`.
    ///
    /// Source: G. J. Székely and M. L. Rizzo (2013), Journal of Statistical Planning and Inference 143, pp. 1249–1272.
    case energy

    /// The distance of two samples.
    ///
    /// - Throws: `.emptySample` when one holds nothing; `.nonFiniteValue` for NaN or an infinity.
    /// - Complexity: O(*n* log *n* + *m* log *m*).
    public func between(_ reference: [Double], _ test: [Double]) throws(StatisticsError) -> Double {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        return PooledOrder(reference: reference.sorted(), window: test.sorted()).observed(self)
    }
}

/// Two samples of numbers in one order, with who each belongs to: what a permutation shuffles.
package struct PooledOrder: Sendable {
    private let gaps: [Double]  // from each value to the next; the last is 0
    private let isWindow: [Bool]
    private let n: Int
    private let m: Int

    /// Merges two ascending, finite samples.
    ///
    /// - Complexity: O(*n* + *m*).
    package init(reference: [Double], window: [Double]) {
        n = reference.count
        m = window.count
        var values: [Double] = []
        var isWindow: [Bool] = []
        values.reserveCapacity(n + m)
        isWindow.reserveCapacity(n + m)
        var (i, j) = (0, 0)
        while i < n || j < m {
            if j == m || (i < n && reference[i] <= window[j]) {
                values.append(reference[i])
                isWindow.append(false)
                i += 1
            } else {
                values.append(window[j])
                isWindow.append(true)
                j += 1
            }
        }
        gaps = values.indices.map { $0 + 1 < values.count ? values[$0 + 1] - values[$0] : 0 }
        self.isWindow = isWindow
    }

    /// The distance of the two samples.
    package func observed(_ distance: OrderedDistance) -> Double { value(distance, isWindow) }

    /// The distance when the window's places are drawn anew.
    ///
    /// - Parameter places: A permutation of all places, from one draw to the next.
    package func permuted(
        _ distance: OrderedDistance,
        _ places: inout [Int],
        using generator: inout SeededGenerator
    ) -> Double {
        var membership = [Bool](repeating: false, count: n + m)
        for position in 0..<m {
            places.swapAt(position, position + generator.index(below: places.count - position))
            membership[places[position]] = true
        }
        return value(distance, membership)
    }

    /// How many values both samples have together.
    package var count: Int { n + m }

    private func value(_ distance: OrderedDistance, _ membership: [Bool]) -> Double {
        var seen = 0
        var sum = 0.0
        let (size, windowSize) = (Double(n), Double(m))
        for index in membership.indices {
            if membership[index] { seen += 1 }
            let gap = Double(index + 1 - seen) / size - Double(seen) / windowSize
            sum += (distance == .wasserstein ? abs(gap) : gap * gap) * gaps[index]
        }
        return distance == .wasserstein ? sum : (2 * sum).squareRoot()
    }
}
