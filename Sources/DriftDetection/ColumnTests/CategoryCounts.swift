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

    /// Counts cells between edges.
    ///
    /// They are: at most the first, above it and at most the second, …, above the last. Where the
    /// first edge is the reference's smallest value, values below it have a cell of their own.
    ///
    /// - Complexity: O(edges · log values).
    init(_ column: ColumnPair, edges: [Float]) {
        func counts(_ values: UnsafeBufferPointer<Float>) -> [Int] {
            var ends = edges.map { Self.end(of: $0, in: values, from: 0) } + [values.count]
            if let first = edges.first, first == column.reference.first {
                ends.insert(Self.index(in: values, from: 0) { $0 >= first }, at: 0)
            }
            return ends.indices.map { ends[$0] - ($0 > 0 ? ends[$0 - 1] : 0) }
        }
        let both = (counts(column.reference), counts(column.window))
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
