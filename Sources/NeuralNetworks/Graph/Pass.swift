import LinearAlgebra

/// What every operation of a run needs to know.
struct Pass {
    /// Rows of the batch.
    let rows: Int
    /// Whether dropout and batch normalisation behave as in training.
    let isTraining: Bool
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

    /// Calls `body` with each part and its rows, at the same time where there are cores for it.
    func perform(parts: Int, _ body: (_ part: Int, _ rows: Range<Int>) -> Void) {
        guard parts > 1 else { return body(0, 0..<rows) }
        withoutActuallyEscaping(body) { body in
            // The parts write to disjoint rows, or to their own partial sums.
            nonisolated(unsafe) let body = body
            let rows = rows
            Parallel.rows(parts) { range in
                for part in range { body(part, rows * part / parts..<rows * (part + 1) / parts) }
            }
        }
    }
}
