import Statistics

/// How the demonstration divides its rows: every row serves once.
package struct DemoSplit: Sendable {
    /// Rows of clean, of drifting and of attacked traffic: whole numbers of windows.
    package static let cleanCount = 200, driftingCount = 150, attackedCount = 150
    /// Reference rows at most, where there is plenty.
    package static let referenceLimit = 2_000

    /// Row indices that the model learns from; nil where the data set has training rows of its own.
    package let training: [Int]?
    /// Row indices that detectors are fitted on; each monitor divides them again by its `[split]`.
    package let reference: [Int]
    /// Row indices of unchanged traffic.
    package let clean: [Int]
    /// Row indices of traffic that is turned and blurred by noise, more with each row.
    package let drifting: [Int]
    /// Row indices that adversarial examples are made from.
    package let attacked: [Int]

    /// Divides `count` rows at random, by seed.
    ///
    /// - Parameter trains: Whether the model learns from some of them: three fifths of what the traffic leaves.
    /// - Throws: `CommandError` when there are too few rows.
    package init(count: Int, trains: Bool, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var order = generator.permutation(count)[...]
        func take(_ count: Int) -> [Int] {
            defer { order = order.dropFirst(count) }
            return Array(order.prefix(count))
        }
        clean = take(Self.cleanCount)
        drifting = take(Self.driftingCount)
        attacked = take(Self.attackedCount)
        training = trains ? take(order.count * 3 / 5) : nil
        reference = take(Self.referenceLimit)
        guard reference.count >= 200 else {
            throw CommandError.badInput(
                "\(count) rows leave \(reference.count) for the detectors' reference",
                remedy: "Give a data set with more rows"
            )
        }
    }

    /// What each part is for and how many rows it has, in the order of use.
    package var parts: [(purpose: String, rows: [Int])] {
        (training.map { [("training the model", $0)] } ?? []) + [
            ("fitting detectors and the explainer", reference), ("clean traffic", clean),
            ("drifting traffic", drifting), ("adversarial traffic", attacked),
        ]
    }
}
