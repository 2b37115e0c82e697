import Methods
import Statistics

/// Kolmogorov and Smirnov's test of a column.
struct KolmogorovSmirnovColumn: ColumnTest {
    let gaps: GapSignificance
    var kind: ColumnKind { .ranks }

    func extent(_ column: ColumnPair) -> Double {
        switch gaps.alternative {
        case .twoSided: column.ranks.largest
        case .greater: column.ranks.above
        case .less: column.ranks.below
        }
    }

    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect? {
        let (n, m) = (column.ranks.n, column.ranks.m)
        return DetectableEffect("ks_distance", level: level) {
            DetectableChange.gap(critical: gaps.critical(level, n: n, m: m), n: n, m: m, power: $0)
        }
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let ranks = column.ranks
        let statistic = extent(column)
        let p = gaps.pValue(statistic, n: ranks.n, m: ranks.m)
        return ColumnAnswer(statistic: statistic, pValue: p, effect: ranks.largest)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double { gaps.pValue(1, n: reference.count, m: m) }
}

/// Cramér and von Mises' test of a column: exact up to 20 values on the larger side.
struct CramerVonMisesColumn: ColumnTest {
    var kind: ColumnKind { .ranks }

    func extent(_ column: ColumnPair) -> Double {
        CramerVonMises.statistic(column.ranks, reference: column.reference, window: column.window)
    }

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

    func extent(_ column: ColumnPair) -> Double {
        let share = column.ranks.wins / (Double(column.ranks.n) * Double(column.ranks.m)) - 0.5
        return switch alternative {
        case .twoSided: abs(share)
        case .greater: share
        case .less: -share
        }
    }

    func detectable(_ column: ColumnPair, level: Double) -> DetectableEffect? {
        let ranks = column.ranks
        return DetectableEffect("rank_shift", level: level) {
            DetectableChange.rankShift(
                n: ranks.n,
                m: ranks.m,
                ties: ranks.ties,
                level: level,
                sides: alternative == .twoSided ? 2 : 1,
                power: $0
            )
        }
    }

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
