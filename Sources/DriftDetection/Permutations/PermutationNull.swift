import Statistics

/// The permutations of a two-sample test: which rows of the pooled sample are called the window.
struct PermutationNull {
    private var generator: SeededGenerator
    private var order: [Int]
    /// Rows that are called the window.
    let windowRows: Int

    /// Rows of the pooled sample.
    var rows: Int { order.count }

    /// Starts a stream of permutations.
    init(rows: Int, windowRows: Int, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        order = Array(0..<rows)
        self.windowRows = windowRows
    }

    /// Draws memberships, row-major `[rows, count]`, or `[rows, 1 + count]` with one that is given before them.
    ///
    /// Each takes up the order that the one before left, which is as good a start as any.
    mutating func memberships(_ count: Int, after given: [Float]? = nil) -> [Float] {
        let first = given == nil ? 0 : 1
        let columns = first + count
        var memberships = [Float](repeating: 0, count: order.count * columns)
        if let given { for row in order.indices { memberships[row * columns] = given[row] } }
        for column in first..<columns { forEachRowOfNext { memberships[$0 * columns + column] = 1 } }
        return memberships
    }

    /// Draws the next window, and calls `body` with each of its rows.
    mutating func forEachRowOfNext(_ body: (Int) -> Void) {
        for position in 0..<windowRows {
            order.swapAt(position, position + generator.index(below: order.count - position))
            body(order[position])
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
