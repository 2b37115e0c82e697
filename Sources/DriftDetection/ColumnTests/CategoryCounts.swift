import Statistics

/// How often each value occurs on either side, for every value that occurs at all.
///
/// A category that the reference never had is a cell of its own.
struct CategoryCounts {
    /// Counts of the reference, in the order of the values.
    private(set) var reference: [Int] = []
    /// Counts of the window.
    private(set) var window: [Int] = []

    /// Counts the distinct values of two sorted sides.
    ///
    /// - Complexity: O(categories · log values).
    init(_ column: ColumnPair) {
        let (a, b) = (column.reference, column.window)
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            let value = i == a.count ? b[j] : j == b.count ? a[i] : min(a[i], b[j])
            let (endA, endB) = (Self.end(of: value, in: a, from: i), Self.end(of: value, in: b, from: j))
            reference.append(endA - i)
            window.append(endB - j)
            (i, j) = (endA, endB)
        }
    }

    /// Counts bins that hold equal shares of both sides together.
    ///
    /// Edges are values at or below which at least `1/bins`, `2/bins`, … of all values lie, each once, and a bin ends with
    /// its edge. Where so many values equal the first edge that they fill a bin, what is smaller has one of its own. The
    /// edges do not depend on which values are whose, so that they are those of every permutation.
    ///
    /// - Complexity: O(values + bins · log values).
    init(_ column: ColumnPair, bins: Int) {
        let (a, b) = (column.reference, column.window)
        let total = a.count + b.count
        var edges: [Float] = []
        var (i, j, next) = (0, 0, 1)
        while i + j < total, next < max(bins, 2) {
            let value = i == a.count ? b[j] : j == b.count ? a[i] : min(a[i], b[j])
            if i < a.count, a[i] == value { i += 1 } else { j += 1 }
            guard (i + j) * bins >= next * total else { continue }
            if value != edges.last { edges.append(value) }
            while next < max(bins, 2), (i + j) * bins >= next * total { next += 1 }
        }
        func count(_ value: Float, _ values: UnsafeBufferPointer<Float>) -> Int {
            Self.end(of: value, in: values, from: 0) - Self.index(in: values, from: 0) { $0 >= value }
        }
        let separates = edges.first.map { (count($0, a) + count($0, b)) * bins >= total } ?? false
        func counts(_ values: UnsafeBufferPointer<Float>) -> [Int] {
            var ends = edges.map { Self.end(of: $0, in: values, from: 0) } + [values.count]
            if separates, let first = edges.first {
                ends.insert(Self.index(in: values, from: 0) { $0 >= first }, at: 0)
            }
            return ends.indices.map { ends[$0] - ($0 > 0 ? ends[$0 - 1] : 0) }
        }
        let both = (counts(a), counts(b))
        for cell in both.0.indices where both.0[cell] + both.1[cell] > 0 {
            reference.append(both.0[cell])
            window.append(both.1[cell])
        }
    }

    /// The largest difference of the share of any set of categories.
    var totalVariation: Double {
        CategoryDistance.totalVariation.between(reference.map(Double.init), window.map(Double.init))
    }

    private static func end(of value: Float, in values: UnsafeBufferPointer<Float>, from start: Int) -> Int {
        index(in: values, from: start) { $0 > value }
    }

    private static func index(
        in values: UnsafeBufferPointer<Float>,
        from start: Int,
        where holds: (Float) -> Bool
    ) -> Int {
        var (low, high) = (start, values.count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
