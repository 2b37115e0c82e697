import Statistics

/// How the demonstration divides its rows: every row serves once.
package struct DemoSplit: Sendable {
    /// Row indices that the model learns from.
    package let training: [Int]
    /// Row indices that detectors are fitted on; each monitor divides them again by its `[split]`.
    package let reference: [Int]
    /// Row indices of unchanged traffic.
    package let clean: [Int]
    /// Row indices of traffic that is turned and blurred by noise, more with each row.
    package let drifting: [Int]
    /// Row indices that adversarial examples are made from.
    package let attacked: [Int]

    /// Divides `count` rows at random, by seed.
    package init(count: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(count)
        // Shares of 1,797 rows: 780, 520, 200, 150 and 147.
        let ends = [0.434, 0.7235, 0.8348, 0.9183, 1].map { Int((Double(count) * $0).rounded()) }
        training = Array(order[..<ends[0]])
        reference = Array(order[ends[0]..<ends[1]])
        clean = Array(order[ends[1]..<ends[2]])
        drifting = Array(order[ends[2]..<ends[3]])
        attacked = Array(order[ends[3]...])
    }

    /// What each part is for and how many rows it has, in the order of use.
    package var parts: [(purpose: String, rows: [Int])] {
        [
            ("training the model", training), ("fitting detectors and the explainer", reference),
            ("clean traffic", clean), ("drifting traffic", drifting), ("adversarial traffic", attacked),
        ]
    }
}
