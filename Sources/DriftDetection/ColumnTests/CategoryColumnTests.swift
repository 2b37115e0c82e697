import Methods
import Statistics

/// Pearson's chi-squared test of a column of categories, or the likelihood-ratio test G.
struct ContingencyColumn: ColumnTest {
    /// Which statistic.
    enum Statistic: String, Sendable, CaseIterable {
        /// Pearson's.
        case chiSquared = "chi2"
        /// The likelihood ratio.
        case likelihoodRatio = "g"
    }

    let statistic: Statistic
    let yates: Bool
    let mode: PValueMode
    let permutations: ColumnPermutations
    var kind: ColumnKind { .categories }
    var looksAtReference: Bool { mode == .auto }

    func extent(_ column: ColumnPair) -> Double {
        let counts = CategoryCounts(column)
        return result(TwoRowTable(checked: counts.reference, counts.window)).statistic
    }

    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect? {
        let counts = CategoryCounts(column)
        let (n, m) = (column.reference.count, column.window.count)
        return DetectableEffect("total_variation", level: level) { power in
            guard yates, counts.reference.count == 2 else {
                return DetectableChange.totalVariation(
                    categories: counts.reference.count,
                    n: n,
                    m: m,
                    level: level,
                    power: power
                )
            }
            let rate = Double(counts.reference[1]) / Double(n)
            return DetectableChange.rateShift(rate: rate, n: n, m: m, level: level, directions: .both, power: power)
        }
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let counts = CategoryCounts(column)
        let table = TwoRowTable(checked: counts.reference, counts.window)
        let found = result(table)
        var answer = ColumnAnswer(statistic: found.statistic, pValue: found.pValue, effect: counts.totalVariation)
        guard mode.permutes(limitHolds: limitHolds(table)) else { return answer }
        let totals = zip(counts.reference, counts.window).map { $0 + $1 }
        var cells = CellPermutations(totals: totals, window: column.window.count, seed: draws.seed)
        answer.pValue = permutations.pValue(found.statistic, draws: draws) {
            cells.draw()
            return result(TwoRowTable(checked: zip(totals, cells.window).map { $0 - $1 }, cells.window)).statistic
        }
        return answer
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        let n = reference.count
        let apart = max(result(TwoRowTable(checked: [n, 0], [0, m])).pValue, .leastNormalMagnitude)
        guard mode != .asymptotic else { return apart }
        // What a window of the reference's shares would have says whether the limit can hold at all.
        let counts = mode == .permutation ? [n] : reference.groups
        let alike = TwoRowTable(reference: counts.map(Double.init), test: counts.map { Double($0 * m) / Double(n) })
        return mode.permutes(limitHolds: limitHolds(alike)) ? permutations.smallestPValue : apart
    }

    /// Whether the limit's tail is right to a few hundredths of it.
    ///
    /// For G its mean is at most half a percent above the limit's, which keeps 5 % below 5.3 %; for Pearson's statistic
    /// at least 5 values are expected in every cell (W. Cochran's rule).
    private func limitHolds(_ table: TwoRowTable) -> Bool {
        switch statistic {
        case .chiSquared: table.smallestExpectedCount >= 5
        case .likelihoodRatio: table.likelihoodRatioExcess <= 0.005
        }
    }

    private func result(_ table: TwoRowTable) -> TwoRowTable.Result {
        switch statistic {
        case .chiSquared: table.chiSquared(yates: yates)
        case .likelihoodRatio: table.likelihoodRatio(yates: yates)
        }
    }
}

/// Fisher's exact test of a column of zeros and ones.
///
/// The statistic is the odds of a one in the window divided by those in the reference: infinite where the window has no
/// zero or the reference no one, and 1 where both sides are constant and equal.
struct FisherColumn: ColumnTest {
    let alternative: FisherExact.Alternative
    var kind: ColumnKind { .flags }

    func extent(_ column: ColumnPair) -> Double { -answer(column, draws: ColumnDraws(level: 1, seed: 0)).pValue }

    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect? {
        let (n, m) = (column.reference.count, column.window.count)
        let rate = Double(column.reference.count { $0 == 1 }) / Double(n)
        return DetectableEffect("total_variation", level: level) {
            DetectableChange.rateShift(
                rate: rate,
                n: n,
                m: m,
                level: level,
                directions: alternative == .twoSided ? .both : alternative == .greater ? .rise : .fall,
                power: $0
            )
        }
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let ones = (column.window.count { $0 == 1 }, column.reference.count { $0 == 1 })
        let zeros = (column.window.count - ones.0, column.reference.count - ones.1)
        let (above, below) = (Double(ones.0) * Double(zeros.1), Double(zeros.0) * Double(ones.1))
        return ColumnAnswer(
            statistic: above == below ? 1 : above / below,
            pValue: FisherExact.pValue(successes: ones, failures: zeros, alternative: alternative),
            effect: abs(Double(ones.0) / Double(column.window.count) - Double(ones.1) / Double(column.reference.count))
        )
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        let n = reference.count
        let (ones, zeros) = alternative == .less ? ((0, n), (m, 0)) : ((m, 0), (0, n))
        return FisherExact.pValue(successes: ones, failures: zeros, alternative: alternative)
    }
}
