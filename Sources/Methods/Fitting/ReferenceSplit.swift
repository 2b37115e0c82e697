import Statistics

/// Divides reference rows into disjoint parts by seed.
package enum ReferenceSplit {
    /// Returns the row indices of each part that is needed.
    ///
    /// A part that nothing needs gets no rows, and the others share them in proportion. With `.none` every part gets
    /// all rows.
    ///
    /// - Parameters:
    ///   - count: Reference rows.
    ///   - needed: The parts that method and preprocess step need.
    ///   - inStretches: Whether each part is a stretch of consecutive rows, for tests to which their order matters; what
    ///     windows are compared with comes last.
    /// - Returns: Indices in ascending order, so that a part keeps the order of its file.
    /// - Throws: `.invalidConfiguration` when a needed part has no share, `.tooFewRows` when it would get no row.
    package static func indices(
        of count: Int,
        needed: Set<SplitPart>,
        by split: SplitConfiguration,
        seed: UInt64,
        inStretches: Bool = false
    ) throws(MethodError) -> [SplitPart: [Int]] {
        guard case .disjoint(let features, let calibration, let reference) = split else {
            return Dictionary(uniqueKeysWithValues: needed.map { ($0, Array(0..<count)) })
        }
        let shares: [(part: SplitPart, share: Double)] = [
            (.features, features), (.calibration, calibration), (.reference, reference),
        ].filter { needed.contains($0.0) }
        for (part, share) in shares where share == 0 {
            throw MethodError(
                .invalidConfiguration,
                "the method needs rows for \(part.rawValue), and [split] gives it none",
                remedy: "Set \(part.rawValue) in [split] to the share of reference rows that it may use"
            )
        }
        var generator = SeededGenerator(seed: seed)
        let order = inStretches ? Array(0..<count) : generator.permutation(count)
        let total = shares.reduce(0) { $0 + $1.share }
        var parts: [SplitPart: [Int]] = [:]
        var taken = 0
        var shareTaken = 0.0
        for (part, share) in shares {
            shareTaken += share
            let end = Int((Double(count) * shareTaken / total).rounded())
            parts[part] = order[taken..<end].sorted()
            taken = end
        }
        for (part, rows) in parts where rows.isEmpty {
            throw MethodError(
                .tooFewRows,
                "\(count) reference rows leave none for \(part.rawValue)",
                remedy: "Give more reference rows"
            )
        }
        return parts
    }
}
