import Statistics

/// Kolmogorov and Smirnov's test of a column.
struct KolmogorovSmirnovColumn: ColumnTest {
    let gaps: GapSignificance
    var kind: ColumnKind { .ranks }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let ranks = column.ranks
        let statistic =
            switch gaps.alternative {
            case .twoSided: ranks.largest
            case .greater: ranks.above
            case .less: ranks.below
            }
        let p = gaps.pValue(statistic, n: ranks.n, m: ranks.m)
        return ColumnAnswer(statistic: statistic, pValue: p, effect: ranks.largest)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double { gaps.pValue(1, n: reference.count, m: m) }
}

/// Cramér and von Mises' test of a column: exact up to 20 values on the larger side.
struct CramerVonMisesColumn: ColumnTest {
    var kind: ColumnKind { .ranks }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let found = CramerVonMises.test(
            column.ranks,
            reference: column.reference,
            window: column.window,
            method: .auto
        )
        return ColumnAnswer(statistic: found.statistic, pValue: found.pValue, effect: column.ranks.largest)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        CramerVonMises.smallestPValue(reference.count, m, method: .auto)
    }
}

/// Mann and Whitney's test of a column: exact without ties where the smaller side has at most 8 values.
struct MannWhitneyColumn: ColumnTest {
    let alternative: MannWhitney.Alternative
    var kind: ColumnKind { .ranks }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let found = MannWhitney.test(column.ranks, alternative: alternative, method: .auto)
        return ColumnAnswer(statistic: found.statistic, pValue: found.pValue, effect: column.ranks.largest)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        // All values of the window above the reference's, or below: the law is symmetric.
        MannWhitney.test(
            .apart(reference.count, m),
            alternative: alternative == .twoSided ? .twoSided : .less,
            method: .auto
        ).pValue
    }
}
