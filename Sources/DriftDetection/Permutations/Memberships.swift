/// Several ways to call some rows of a pooled sample the window, one bit for each row and way.
package struct Memberships: Sendable {
    /// Rows of the pooled sample, those of the reference first.
    package let rows: Int
    /// Ways.
    package let count: Int
    private let wordsPerRow: Int
    private var words: [UInt64]

    /// No row in any window.
    package init(rows: Int, count: Int) {
        self.rows = rows
        self.count = count
        wordsPerRow = (count + 63) / 64
        words = [UInt64](repeating: 0, count: rows * wordsPerRow)
    }

    /// Calls a row a part of a window.
    package mutating func insert(row: Int, into way: Int) {
        words[row * wordsPerRow + way / 64] |= 1 << UInt64(way % 64)
    }

    /// Whether any way has the row in its window.
    func isUsed(_ row: Int) -> Bool {
        for word in row * wordsPerRow..<(row + 1) * wordsPerRow where words[word] != 0 { return true }
        return false
    }

    /// Calls `body` with each way that has the row in its window.
    @inline(__always)
    func forEachWay(with row: Int, _ body: (Int) -> Void) {
        for word in 0..<wordsPerRow {
            var bits = words[row * wordsPerRow + word]
            while bits != 0 {
                body(word * 64 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }
}

extension PermutationNull {
    /// Draws memberships; with `observed` the first is the true one, rows of the window being the last ones.
    mutating func draw(_ count: Int, observed: Bool) -> Memberships {
        let first = observed ? 1 : 0
        var memberships = Memberships(rows: rows, count: first + count)
        if observed { for row in rows - windowRows..<rows { memberships.insert(row: row, into: 0) } }
        for way in first..<first + count { forEachRowOfNext { memberships.insert(row: $0, into: way) } }
        return memberships
    }
}
