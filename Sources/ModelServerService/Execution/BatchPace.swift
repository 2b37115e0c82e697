/// What the requests of one model cost alone and in batches, and what follows for the size of the next batch.
///
/// In nanoseconds a byte of the requests, because bytes are known before a request is decoded, and for one model they
/// follow the number of rows. Running means over the last sixteen or so.
package struct BatchPace: Sendable, Hashable {
    /// Nanoseconds a byte of requests that ran alone; 0 before the first.
    package private(set) var alone = 0.0
    /// Nanoseconds a byte of requests that ran in batches; 0 before the first.
    package private(set) var together = 0.0
    /// Batches that were not made because they do not pay, since the last one that was.
    private var skipped = 0

    /// A batch costs at most this part of what its requests cost alone, or else none are made.
    private static let worthwhile = 0.9
    /// Where batches do not pay, one in so many chances is made all the same, because that may change.
    private static let trial = 64

    package init() {}

    /// Takes in what a batch took.
    package mutating func learn(nanoseconds: Int, bytes: Int, requests: Int) {
        guard requests > 0 else { return }
        let now = Double(nanoseconds) / Double(max(bytes, 1))
        if requests == 1 {
            alone = alone == 0 ? now : (alone * 15 + now) / 16
        } else {
            together = together == 0 ? now : (together * 15 + now) / 16
        }
    }

    /// Whether requests that wait together are to run together.
    package var pays: Bool { alone == 0 || together == 0 || together <= alone * Self.worthwhile }

    /// How many of the first requests that wait make the next batch, at least one.
    mutating func batch<Sizes: Collection<Int>, Lane, Item>(
        of sizes: Sizes,
        within bounds: BatchQueue<Lane, Item>.Bounds
    ) -> Int {
        // The first request shows what one costs.
        guard sizes.count > 1, bounds.requests > 1, alone > 0, isTry() else { return 1 }
        // Before the first batch there is only what they cost alone, which they will not exceed by much.
        let cost = together == 0 ? alone : together
        var (count, expected) = (0, 0.0)
        for size in sizes {
            expected += cost * Double(size)
            guard count == 0 || (count < bounds.requests && expected <= Double(bounds.nanoseconds)) else { break }
            count += 1
        }
        return max(count, 1)
    }

    private mutating func isTry() -> Bool {
        if pays { return true }
        skipped += 1
        guard skipped >= Self.trial else { return false }
        skipped = 0
        return true
    }
}
