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
    var kind: ColumnKind { .categories }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let counts = CategoryCounts(column)
        let found = result(TwoRowTable(checked: counts.reference, counts.window))
        return ColumnAnswer(statistic: found.statistic, pValue: found.pValue, effect: counts.totalVariation)
    }

    func smallestPValue(n: Int, m: Int) -> Double {
        max(result(TwoRowTable(checked: [n, 0], [0, m])).pValue, .leastNormalMagnitude)
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

    func smallestPValue(n: Int, m: Int) -> Double {
        let (ones, zeros) = alternative == .less ? ((0, n), (m, 0)) : ((m, 0), (0, n))
        return FisherExact.pValue(successes: ones, failures: zeros, alternative: alternative)
    }
}
