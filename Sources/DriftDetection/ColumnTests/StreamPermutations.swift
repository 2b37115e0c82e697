import Statistics

/// The p-value of a column whose rows depend on those before them: the rows that are called the window are drawn in blocks,
/// or as a whole.
///
/// Missing values stay with their rows, so that sides may differ in size from one permutation to the next; one in which a
/// side has no value counts as reached.
struct StreamPermutations: Sendable {
    /// Blocks, or the whole window.
    let scheme: PermutationScheme
    /// How many are drawn.
    let permutations: ColumnPermutations

    /// The smallest answer for a window of so many rows.
    func smallestPValue(reference: Int, window: Int) -> Double {
        max(permutations.smallestPValue, scheme.smallestPValue(reference: reference, window: window))
    }

    /// Returns the p-value of a test.
    ///
    /// - Parameters:
    ///   - reference: The column of the reference in the order of the rows, NaN where a value is missing.
    ///   - window: That of the window.
    /// - Complexity: O(values · log values), and O(values) and what the statistic costs for each permutation.
    func pValue(of test: any ColumnTest, reference: [Float], window: [Float], draws: ColumnDraws) -> Double {
        let pooled = reference + window
        let order = pooled.indices.filter { test.kind.admits(pooled[$0]) }.sorted { pooled[$0] < pooled[$1] }
        var null = PermutationNull(scheme, referenceRows: reference.count, windowRows: window.count, seed: draws.seed)
        var isWindow = pooled.indices.map { $0 >= reference.count }
        var sides = (reference: [Float](), window: [Float]())
        func extent() -> Double {
            sides.reference.removeAll(keepingCapacity: true)
            sides.window.removeAll(keepingCapacity: true)
            for row in order {
                if isWindow[row] { sides.window.append(pooled[row]) } else { sides.reference.append(pooled[row]) }
            }
            guard !sides.reference.isEmpty, !sides.window.isEmpty else { return .infinity }
            return sides.reference.withUnsafeBufferPointer { reference in
                sides.window.withUnsafeBufferPointer { window in
                    test.extent(
                        ColumnPair(
                            reference: reference,
                            window: window,
                            referenceTies: RankComparison.tieSum(floats: reference)
                        )
                    )
                }
            }
        }
        return permutations.pValue(extent(), draws: draws) {
            for row in isWindow.indices { isWindow[row] = false }
            null.forEachRowOfNext { isWindow[$0] = true }
            return extent()
        }
    }
}
