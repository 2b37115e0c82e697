/// What every rank test needs of two sorted samples, from one walk over the smaller one.
///
/// Ties have their mean rank. All sums are of multiples of a quarter, so they are exact below 2⁵¹.
package struct RankComparison: Sendable, Equatable {
    /// Values of the reference.
    package let n: Int
    /// Values of the window.
    package let m: Int
    /// `max over x of F_reference(x) − F_window(x)`, in `0...1`.
    package private(set) var above = 0.0
    /// `max over x of F_window(x) − F_reference(x)`, in `0...1`.
    package private(set) var below = 0.0
    /// `n Σ (rᵢ − i)² + m Σ (sⱼ − j)²` over the pooled ranks r of the reference and s of the window, each in order.
    ///
    /// The criterion of Cramér and von Mises follows from it where there are no ties.
    package private(set) var squares = 0.0
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
        var referenceSquares = 0.0
        var windowSquares = 0.0
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
            let middle = (a + b + 1) / 2
            referenceSquares += Double(before - position) * Double(start) * Double(start)
            referenceSquares += Self.squares(of: a, from: Double(start) + middle)
            windowSquares += Self.squares(of: b, from: Double(before) + middle)
            wins += b * (Double(n - through) + a / 2)
            untouchedTies -= Self.cubes(a)
            touchedTies += Self.cubes(a + b)
            position = through
            start = end
        }
        referenceSquares += Double(n - position) * windowSize * windowSize + untouchedTies / 12
        squares = size * referenceSquares + windowSize * windowSquares
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

    /// `Σ (centre − k)²` for k in 1...count.
    private static func squares(of count: Double, from centre: Double) -> Double {
        count * centre * centre - centre * count * (count + 1) + count * (count + 1) * (2 * count + 1) / 6
    }

    private static func cubes(_ count: Double) -> Double { count * count * count - count }

    /// The first index at or after `start` whose value satisfies a condition that holds from some point on; doubling
    /// steps, then bisection, because the next value is usually near.
    private static func firstIndex<Value>(
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
