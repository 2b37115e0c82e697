/// Rows that share a value, or a range of values, of one column.
package struct Slice: Sendable, Equatable {
    /// Which values of the column are in the slice.
    package enum Values: Sendable, Equatable {
        /// One value.
        case equal(Float)
        /// Values above the first bound, up to and with the second; an absent bound is none.
        case range(above: Float?, through: Float?)
    }

    /// The column, by its index among the features.
    package let column: Int
    /// Its values.
    package let values: Values

    /// Names a slice.
    package init(column: Int, values: Values) {
        self.column = column
        self.values = values
    }

    /// Whether a value of the column is in the slice; NaN is in none.
    package func holds(_ value: Float) -> Bool {
        switch values {
        case .equal(let own): value == own
        case .range(let above, let through):
            !value.isNaN && above.map { value > $0 } ?? true && through.map { value <= $0 } ?? true
        }
    }

    /// What the slice is called.
    ///
    /// - Parameter name: What the column is called.
    package func name(_ name: String) -> String {
        switch values {
        case .equal(let value): "\(name) = \(Self.shown(value))"
        case .range(nil, let through): "\(name) ≤ \(through.map(Self.shown) ?? "∞")"
        case .range(let above?, nil): "\(name) > \(Self.shown(above))"
        case .range(let above?, let through?): "\(name) \(Self.shown(above)) to \(Self.shown(through))"
        }
    }

    private static func shown(_ value: Float) -> String {
        value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
    }

    /// A column of more distinct values than this is cut into ranges.
    static let mostValues = 20

    /// Cuts a column of the reference.
    ///
    /// A column of few values has a slice for each, the most frequent first where a column of categories has more than
    /// 20. Another is cut at quantiles into ranges of equal shares, fewer where values repeat.
    ///
    /// - Parameters:
    ///   - values: The column's values in the reference.
    ///   - isCategory: Whether its values are codes, which have no order.
    package static func cut(_ column: Int, _ values: [Float], isCategory: Bool, bins: Int) -> [Slice] {
        let sorted = values.filter { !$0.isNaN }.sorted()
        var counts: [(value: Float, count: Int)] = []
        for value in sorted {
            if counts.last?.value == value { counts[counts.count - 1].count += 1 } else { counts.append((value, 1)) }
        }
        guard counts.count > mostValues, !isCategory else {
            let frequent = counts.sorted { ($1.count, $0.value) < ($0.count, $1.value) }.prefix(mostValues)
            return frequent.map(\.value).sorted().map { Slice(column: column, values: .equal($0)) }
        }
        var edges: [Float] = []
        for bin in 1..<bins {
            let edge = sorted[min(sorted.count - 1, bin * sorted.count / bins)]
            if edge != edges.last, let largest = sorted.last, edge < largest { edges.append(edge) }
        }
        let bounds = [nil] + edges.map { Optional($0) } + [nil]
        return zip(bounds, bounds.dropFirst()).map {
            Slice(column: column, values: .range(above: $0, through: $1))
        }
    }
}
