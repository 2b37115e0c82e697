import Statistics

/// Draws of how many values of each cell a window has, when its rows are drawn anew from both samples.
struct CellPermutations {
    private let totals: [Int]
    private let drawsWindow: Bool
    private let drawn: Int
    private var order: [Int32]
    private var generator: SeededGenerator
    /// The newest draw.
    private(set) var window: [Int]

    /// - Parameters:
    ///   - totals: How many values both samples have in each cell.
    ///   - window: How many of all values are the window's.
    init(totals: [Int], window: Int, seed: UInt64) {
        let count = totals.reduce(0, +)
        self.totals = totals
        // A draw of the smaller side takes fewer steps, and leaves the other.
        drawsWindow = window <= count - window
        drawn = min(window, count - window)
        order = []
        order.reserveCapacity(count)
        for (cell, total) in totals.enumerated() { order += repeatElement(Int32(cell), count: total) }
        generator = SeededGenerator(seed: seed)
        self.window = totals
    }

    /// Draws once.
    ///
    /// - Complexity: O(values of the smaller side + cells).
    mutating func draw() {
        for cell in window.indices { window[cell] = drawsWindow ? 0 : totals[cell] }
        let step = drawsWindow ? 1 : -1
        for position in 0..<drawn {
            order.swapAt(position, position + generator.index(below: order.count - position))
            window[Int(order[position])] += step
        }
    }
}
