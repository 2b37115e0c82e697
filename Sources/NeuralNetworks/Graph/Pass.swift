import LinearAlgebra

/// What every operation of a run needs to know.
struct Pass {
    /// Rows of the batch.
    let rows: Int
    /// Whether dropout and batch normalisation behave as in training.
    let isTraining: Bool
    /// The number of this training run, from 1 on: what draws random numbers takes the stream of this number.
    let step: Int
    /// Whether large operations split their rows over two cores; off where whole batches are already split.
    let splitsRows: Bool

    /// Multiply-adds below which handing half of the rows to another core costs more than it saves.
    private static let worthSplitting = 4 << 20
    /// The largest number of parts; partial sums need this many buffers.
    static let mostParts = 2

    /// In how many parts an operation of `work` multiply-adds runs.
    ///
    /// It depends on sizes alone, never on the machine, so that sums are taken in the same order everywhere.
    func parts(work: Int) -> Int { splitsRows && rows >= Self.mostParts && work >= Self.worthSplitting ? 2 : 1 }

    /// Multiply-adds that take as long as moving one value through memory.
    private static let workPerValue = 16

    /// Calls `body` with ranges that cover `0..<count`, at the same time where there are cores for it.
    ///
    /// For what treats every value by itself: where the ranges are cut changes no result.
    ///
    /// - Parameter size: Values that belong together, such as the channels of a pixel: ranges count such groups.
    func performElements(_ count: Int, of size: Int = 1, _ body: (Range<Int>) -> Void) {
        guard splitsRows, count >= Self.mostParts, count * size * Self.workPerValue >= Self.worthSplitting else {
            return body(0..<count)
        }
        Parallel.rows(count, grain: (count + Self.mostParts - 1) / Self.mostParts, body)
    }

    /// In how many parts a sum over `count` groups of `size` values is taken; like `parts`, the same on every machine.
    func sumParts(_ count: Int, of size: Int) -> Int {
        count >= Self.mostParts ? parts(work: count * size * Self.workPerValue) : 1
    }

    /// Calls `body` with each part and its rows, at the same time where there are cores for it.
    func perform(parts: Int, _ body: (_ part: Int, _ rows: Range<Int>) -> Void) {
        perform(parts: parts, of: rows, body)
    }

    /// Calls `body` with each part of `0..<count`, at the same time where there are cores for it.
    func perform(parts: Int, of count: Int, _ body: (_ part: Int, _ range: Range<Int>) -> Void) {
        guard parts > 1 else { return body(0, 0..<count) }
        // The parts write to disjoint ranges or to their own partial sums.
        Parallel.rows(parts) { range in
            for part in range { body(part, count * part / parts..<count * (part + 1) / parts) }
        }
    }
}
