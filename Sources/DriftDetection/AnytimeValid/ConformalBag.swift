import Methods
import Statistics

/// The rows that a new one is ranked among: the reference and the stream so far, of which a bounded number is kept.
///
/// **Why the ranks are independent and uniform, also when rows are let go.** A row enters, and when the bag is full one
/// of all rows that it now holds, the newcomer among them, is let go by a draw that looks at no value. Which rows are in
/// the bag is then independent of their values, so under exchangeability the newcomer's rank is uniform given the
/// bag's content and everything later; and the bag that later rows are ranked in depends on the content alone, not on
/// which row came last. Hence each rank is independent of all later ones.
///
/// Sources: V. Vovk, A. Gammerman and G. Shafer (2005), "Algorithmic learning in a random world", section 2.2, for the
/// ranks of a bag that keeps everything.
struct ConformalBag: Sendable {
    let columns: Int
    let capacity: Int
    /// Row-major; the order says nothing.
    private var rows: [Float]
    /// Each column's values, ascending.
    private var sorted: [[Float]]

    /// - Parameter rows: Row-major, at most `capacity` rows.
    init(rows: [Float], columns: Int, capacity: Int) {
        self.columns = columns
        self.capacity = capacity
        self.rows = rows
        sorted = (0..<columns).map { column in
            stride(from: column, to: rows.count, by: columns).map { rows[$0] }.sorted()
        }
    }

    /// The rows that it holds.
    var count: Int { rows.count / columns }

    /// Takes a row in and tells its rank in each column as a number in `0...1`, ties broken by draws.
    mutating func take(
        _ row: UnsafeBufferPointer<Float>,
        using generator: inout SeededGenerator,
        ranks: (_ column: Int, _ p: Double) -> Void
    ) {
        let total = Double(count + 1)
        for column in 0..<columns {
            let value = row[column]
            let low = Self.place(of: value, in: sorted[column])
            let high = Self.place(after: value, in: sorted[column], from: low)
            ranks(column, (Double(low) + generator.uniform() * Double(high - low + 1)) / total)
            sorted[column].insert(value, at: low)
        }
        rows.append(contentsOf: row)
        guard count > capacity else { return }
        let leaving = generator.index(below: count) * columns
        let last = rows.count - columns
        for column in 0..<columns {
            sorted[column].remove(at: Self.place(of: rows[leaving + column], in: sorted[column]))
            rows[leaving + column] = rows[last + column]
        }
        rows.removeLast(columns)
    }

    /// The place of the first value that is not below.
    private static func place(of value: Float, in sorted: [Float]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The place of the first value that is above.
    private static func place(after value: Float, in sorted: [Float], from start: Int) -> Int {
        var (low, high) = (start, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func write(to words: inout StateWords) { words.append(rows) }

    init(columns: Int, capacity: Int, from words: inout StateWordReader) throws(MethodError) {
        let rows = try words.floats(atMost: columns * capacity)
        guard rows.count % columns == 0, rows.allSatisfy(\.isFinite) else {
            throw StateWordReader.foreign("its rows are not those of \(columns) columns")
        }
        self.init(rows: rows, columns: columns, capacity: capacity)
    }
}
