/// The largest gaps between two empirical distribution functions, in both directions.
struct DistributionGap {
    /// `max over x of F_reference(x) − F_window(x)`, in `0...1`.
    var above = 0.0
    /// `max over x of F_window(x) − F_reference(x)`, in `0...1`.
    var below = 0.0

    /// The larger of the two: the Kolmogorov–Smirnov statistic.
    var largest: Double { max(above, below) }

    /// Compares two sorted samples, ties included.
    ///
    /// Only the window's values are walked. Between two of them the window's function is flat and the reference's
    /// rises, so `above` is reached just before a window value, and `below` at one.
    ///
    /// - Complexity: O(*m* log *n*) for *m* window values and *n* reference values, less where they interleave.
    init(reference: UnsafeBufferPointer<Float>, window: UnsafeBufferPointer<Float>) {
        let n = Double(reference.count)
        let m = Double(window.count)
        var start = 0
        var position = 0
        while start < window.count {
            let value = window[start]
            var end = start + 1
            while end < window.count, window[end] == value { end += 1 }
            let below = DistributionGap.firstIndex(in: reference, from: position) { $0 >= value }
            let through = DistributionGap.firstIndex(in: reference, from: below) { $0 > value }
            above = max(above, Double(below) / n - Double(start) / m)
            self.below = max(self.below, Double(end) / m - Double(through) / n)
            position = through
            start = end
        }
    }

    /// The first index at or after `start` whose value satisfies a condition that holds from some point on; doubling
    /// steps, then bisection, because the next value is usually near.
    private static func firstIndex(
        in values: UnsafeBufferPointer<Float>,
        from start: Int,
        where holds: (Float) -> Bool
    ) -> Int {
        var low = start
        var step = 1
        while low + step <= values.count, !holds(values[low + step - 1]) {
            low += step
            step *= 2
        }
        var high = min(low + step - 1, values.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
