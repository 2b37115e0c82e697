/// What every rank test needs of two sorted samples, from one walk over the smaller one.
///
/// Ties have their mean rank.
package struct RankComparison: Sendable, Equatable {
    /// Values of the reference.
    package let n: Int
    /// Values of the window.
    package let m: Int
    /// `max over x of F_reference(x) − F_window(x)`, in `0...1`.
    package private(set) var above = 0.0
    /// `max over x of F_window(x) − F_reference(x)`, in `0...1`.
    package private(set) var below = 0.0
    /// `Σ (i m − j n)²` over the pooled values, i of the reference and j of the window being at most as large as each:
    /// the squares of the gaps between the distribution functions, times `(nm)²`.
    ///
    /// Equal values of the reference that no value of the window meets are taken as if they followed one another, because
    /// the walk does not see them; `CramerVonMises` puts them right.
    package private(set) var gapSquares = 0.0
    /// Pairs in which the reference's value is the larger one; equal ones count a half.
    package private(set) var wins = 0.0
    /// `Σ (t³ − t)` over the groups of equal values in the pooled sample; 0 without ties.
    package private(set) var ties: Double

    /// The larger gap: the Kolmogorov–Smirnov statistic.
    package var largest: Double { max(above, below) }

    /// Compares two sorted samples.
    ///
    /// Only the window's values are walked. Between two of them the window's function is flat and the reference's
    /// rises, so `above` is reached just before a window value, and `below` at one; and all reference values between
    /// have the same number of window values before them.
    ///
    /// - Parameter referenceTies: `tieSum` of the reference, which is the same for every window.
    /// - Precondition: Both ascend and hold no NaN.
    /// - Complexity: O(*m* log *n*) for *m* window values and *n* reference values, less where they interleave.
    package init<Value: Comparable>(
        reference: UnsafeBufferPointer<Value>,
        window: UnsafeBufferPointer<Value>,
        referenceTies: Double
    ) {
        n = reference.count
        m = window.count
        let (size, windowSize) = (Double(n), Double(m))
        var start = 0
        var position = 0
        var untouchedTies = referenceTies
        var touchedTies = 0.0
        while start < m {
            let value = window[start]
            var end = start + 1
            while end < m, window[end] == value { end += 1 }
            let before = Self.firstIndex(in: reference, from: position) { $0 >= value }
            var through = before
            if before < n, reference[before] == value {
                through = Self.firstIndex(in: reference, from: before) { $0 > value }
            }
            above = max(above, Double(before) / size - Double(start) / windowSize)
            below = max(below, Double(end) / windowSize - Double(through) / size)

            let (a, b) = (Double(through - before), Double(end - start))
            gapSquares += Self.squares(
                of: before - position,
                after: Double(position) * windowSize - Double(start) * size,
                by: windowSize
            )
            let gap = Double(through) * windowSize - Double(end) * size
            gapSquares += (a + b) * gap * gap
            wins += b * (Double(n - through) + a / 2)
            untouchedTies -= Self.cubes(a)
            touchedTies += Self.cubes(a + b)
            position = through
            start = end
        }
        gapSquares += Self.squares(of: n - position, after: Double(position - n) * windowSize, by: windowSize)
        ties = untouchedTies + touchedTies
    }

    /// `Σ (t³ − t)` over the groups of equal values of one sorted sample.
    ///
    /// - Complexity: O(count).
    package static func tieSum<Value: Comparable>(_ sorted: UnsafeBufferPointer<Value>) -> Double {
        var sum = 0.0
        var start = 0
        for index in sorted.indices where index + 1 == sorted.count || sorted[index + 1] != sorted[index] {
            sum += cubes(Double(index + 1 - start))
            start = index + 1
        }
        return sum
    }

    /// ``tieSum(_:)`` of numbers in single precision, without a generic call for each.
    package static func tieSum(floats sorted: UnsafeBufferPointer<Float>) -> Double { tieSum(sorted) }

    /// `Σ (gap + k step)²` for k in 1...count.
    private static func squares(of count: Int, after gap: Double, by step: Double) -> Double {
        let count = Double(count)
        let (sum, sumOfSquares) = (count * (count + 1) / 2, count * (count + 1) * (2 * count + 1) / 6)
        return count * gap * gap + 2 * gap * step * sum + step * step * sumOfSquares
    }

    private static func cubes(_ count: Double) -> Double { count * count * count - count }

    /// The first index at or after `start` whose value satisfies a condition that holds from some point on; doubling
    /// steps, then bisection, because the next value is usually near.
    static func firstIndex<Value>(
        in values: UnsafeBufferPointer<Value>,
        from start: Int,
        where holds: (Value) -> Bool
    ) -> Int {
        var low = start
        var step = 1
        while low + step <= values.count, !holds(values[low + step - 1]) {
            low += step
            step *= 2
        }
        var high = min(low + step - 1, values.count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension RankComparison {
    /// Compares two samples in any order.
    ///
    /// - Throws: `.emptySample` when one holds nothing; `.nonFiniteValue` for NaN or an infinity.
    /// - Complexity: O(*n* log *n* + *m* log *m*).
    init(reference: [Double], test: [Double]) throws(StatisticsError) {
        try Sample.check(reference, "reference sample")
        try Sample.check(test, "test sample")
        let (a, b) = (reference.sorted(), test.sorted())
        self = a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                RankComparison(reference: a, window: b, referenceTies: Self.tieSum(a))
            }
        }
    }

    /// Two samples without ties of which one lies above the other: as far apart as they can be.
    package static func apart(_ n: Int, _ m: Int) -> RankComparison {
        let reference = (0..<n).map(Double.init)
        let window = (n..<n + m).map(Double.init)
        return reference.withUnsafeBufferPointer { a in
            window.withUnsafeBufferPointer { RankComparison(reference: a, window: $0, referenceTies: 0) }
        }
    }

    /// Compares two sorted samples in single precision, without a generic call for each value.
    package static func floats(
        reference: UnsafeBufferPointer<Float>,
        window: UnsafeBufferPointer<Float>,
        referenceTies: Double
    ) -> RankComparison {
        RankComparison(reference: reference, window: window, referenceTies: referenceTies)
    }
}
