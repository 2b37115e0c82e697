import Statistics
import Tensors

/// Draws of clean references and streams that are like a given reference.
///
/// A row is drawn with replacement and keeps its columns together, so that columns depend on each other as they do in
/// the reference. In each column a value that is there once stands for its rank, within which a place is drawn: a column
/// without ties is then uniform, and what ranks say of it is exact whatever its distribution is. A value that is there
/// several times stays a value that is there several times.
struct ReferenceResampling: Sendable {
    /// Simulated references have at most so many rows; what a larger one does to the ranks of a window is the same.
    static let largestReference = 5_000

    let columns: Int
    /// Rows of a simulated reference.
    let size: Int
    private let rows: Int
    /// Column after column, for each row the place of its value among the different ones, shifted to make room.
    private let cells: [OrderKey]
    /// As `cells`, what may be drawn within the cell: 0 where the value is there several times.
    private let room: [OrderKey]
    private let cellCounts: [Int]
    private let shift: Int32

    /// - Parameters:
    ///   - reference: Shape `[n, d]`, finite.
    ///   - isContinuous: Whether a value that is there once stands for its rank; otherwise it is itself.
    /// - Complexity: O(*d n* log *n*).
    init(_ reference: Tensor<Float>, isContinuous: Bool, largestWindow: Int) {
        let (rows, columns) = (reference.rows, reference.elementsPerRow)
        self.rows = rows
        self.columns = columns
        size = min(reference.rows, max(Self.largestReference, 50 * largestWindow))
        let bits = Int32.bitWidth - 1 - (Int32.bitWidth - Int32(clamping: reference.rows).leadingZeroBitCount)
        shift = Int32(bits)
        var cells: [OrderKey] = []
        var room: [OrderKey] = []
        var counts: [Int] = []
        let values = reference.elements
        for column in 0..<columns {
            let keys = (0..<rows).map { OrderKey(values[$0 * columns + column]) }
            let order = keys.indices.sorted { keys[$0] < keys[$1] }
            var own = [OrderKey](repeating: 0, count: rows)
            var ownRoom = own
            var cell: OrderKey = -1
            for (place, row) in order.enumerated() {
                let isNew = place == 0 || keys[order[place - 1]] != keys[row]
                if isNew { cell += 1 }
                let isAlone = isNew && (place + 1 == rows || keys[order[place + 1]] != keys[row])
                own[row] = cell << shift
                ownRoom[row] = isContinuous && isAlone ? 1 << shift - 1 : 0
            }
            cells += own
            room += ownRoom
            counts.append(Int(cell) + 1)
        }
        self.cells = cells
        self.room = room
        cellCounts = counts
    }

    /// The keys of a row.
    func row(using generator: inout SeededGenerator, _ take: (_ column: Int, _ key: OrderKey) -> Void) {
        let row = generator.index(below: rows)
        for column in 0..<columns { take(column, key(row, column, &generator)) }
    }

    /// The columns of a reference, each sorted.
    ///
    /// - Complexity: O(*d n*).
    func reference(using generator: inout SeededGenerator) -> [[OrderKey]] {
        let drawn = (0..<size).map { _ in generator.index(below: rows) }
        return (0..<columns).map { column in
            let keys = drawn.map { key($0, column, &generator) }
            // By cell first, of which there are as many as rows: what is left is to sort a few within each.
            var ends = [Int](repeating: 0, count: cellCounts[column] + 1)
            for key in keys { ends[Int(key >> shift) + 1] += 1 }
            for cell in 0..<cellCounts[column] { ends[cell + 1] += ends[cell] }
            var sorted = [OrderKey](repeating: 0, count: size)
            for key in keys {
                let cell = Int(key >> shift)
                sorted[ends[cell]] = key
                ends[cell] += 1
            }
            for place in 1..<size {
                var place = place
                while place > 0, sorted[place - 1] > sorted[place] {
                    sorted.swapAt(place, place - 1)
                    place -= 1
                }
            }
            return sorted
        }
    }

    private func key(_ row: Int, _ column: Int, _ generator: inout SeededGenerator) -> OrderKey {
        let place = column * rows + row
        return cells[place] | (room[place] & OrderKey(truncatingIfNeeded: generator.next() >> 33))
    }
}
