import Statistics

/// The permutations of a two-sample test: which rows of the pooled sample are called the window.
struct PermutationNull {
    private enum Draw {
        /// An order of all rows.
        case rows([Int])
        /// An order of all blocks.
        case blocks([Int], BlockLayout)
        case circularShift
    }

    private var generator: SeededGenerator
    private var draw: Draw
    /// Rows that are called the window.
    let windowRows: Int
    /// Rows of the pooled sample.
    let rows: Int

    /// Starts a stream of permutations of rows that are exchangeable.
    init(rows: Int, windowRows: Int, seed: UInt64) {
        self.init(.rows, referenceRows: rows - windowRows, windowRows: windowRows, seed: seed)
    }

    /// Starts a stream of permutations.
    init(_ scheme: PermutationScheme, referenceRows: Int, windowRows: Int, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        rows = referenceRows + windowRows
        self.windowRows = windowRows
        switch scheme {
        case .rows: draw = .rows(Array(0..<rows))
        case .circularShift: draw = .circularShift
        case .blocks(let length):
            let layout = BlockLayout(reference: referenceRows, window: max(1, windowRows), length: length)
            draw = .blocks(Array(0..<layout.count), layout)
        }
    }

    /// Draws memberships, row-major `[rows, count]`, or `[rows, 1 + count]` with one that is given before them.
    ///
    /// Each takes up the order that the one before left, which is as good a start as any.
    mutating func memberships(_ count: Int, after given: [Float]? = nil) -> [Float] {
        let first = given == nil ? 0 : 1
        let columns = first + count
        var memberships = [Float](repeating: 0, count: rows * columns)
        if let given { for row in 0..<rows { memberships[row * columns] = given[row] } }
        for column in first..<columns { forEachRowOfNext { memberships[$0 * columns + column] = 1 } }
        return memberships
    }

    /// Draws the next window, and calls `body` with each of its rows.
    mutating func forEachRowOfNext(_ body: (Int) -> Void) {
        switch draw {
        case .rows(var order):
            draw = .circularShift  // so that the order is changed in place and not copied
            for position in 0..<windowRows {
                order.swapAt(position, position + generator.index(below: order.count - position))
                body(order[position])
            }
            draw = .rows(order)
        case .blocks(var order, let layout):
            draw = .circularShift
            layout.kept.forEach(body)
            for position in 0..<layout.blocksOfWindow {
                order.swapAt(position, position + generator.index(below: order.count - position))
                layout.rows(of: order[position]).forEach(body)
            }
            draw = .blocks(order, layout)
        case .circularShift:
            guard rows > 0 else { return }
            let start = generator.index(below: rows)
            for offset in 0..<windowRows { body((start + offset) % rows) }
        }
    }
}

/// How many permutations a test draws before it answers.
///
/// It draws `first`, and as long as at most ``fewExceedances`` of them reached the observed statistic, it draws on to
/// ten times as many, up to what the level needs. An answer is `(1 + k) / (1 + P)` of what was drawn. That the answer of
/// an early stop is never below `(2 + fewExceedances) / (1 + P)`, and an answer of a later stage is computed from all
/// permutations, makes every such answer a valid p-value.
package struct PermutationPlan {
    /// At most so many exceedances, and more permutations could still change the answer.
    static let fewExceedances = 4

    /// Numbers of permutations after which the test looks, ascending.
    package let stages: [Int]

    /// - Parameters:
    ///   - first: Permutations that every window gets.
    ///   - level: The level that the answer may have to reach.
    ///   - bound: The most that are drawn.
    package init(first: Int, level: Double, bound: Int) {
        let needed = level > 0 ? min(Double(bound), (2 / level).rounded(.up)) : Double(bound)
        let last = max(first, Int(needed))
        var stages = [first]
        while let size = stages.last, size < last { stages.append(min(size * 10, last)) }
        self.stages = stages
    }
}
