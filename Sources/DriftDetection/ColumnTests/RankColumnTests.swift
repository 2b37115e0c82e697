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

    func smallestPValue(n: Int, m: Int) -> Double { gaps.pValue(1, n: n, m: m) }
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

    func smallestPValue(n: Int, m: Int) -> Double {
        CramerVonMises.smallestPValue(n, m, method: .auto)
    }
}

/// Anderson and Darling's test of a column.
struct AndersonDarlingColumn: ColumnTest {
    var kind: ColumnKind { .ranks }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let found = AndersonDarling.test(reference: column.reference, window: column.window)
        return ColumnAnswer(
            statistic: found.statistic,
            pValue: found.pValue,
            effect: column.ranks.largest,
            approximate: min(column.ranks.n, column.ranks.m) < AndersonDarlingColumn.leastCount
        )
    }

    /// Below this many values on a side the moved and scaled limit is off by more than a tenth at 1 %.
    private static let leastCount = 5

    func smallestPValue(n: Int, m: Int) -> Double {
        // It falls with both sizes, and at 200 is far below any level.
        let a = (0..<min(n, 200)).map(Float.init)
        let b = (0..<min(m, 200)).map { Float(1000 + $0) }
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { AndersonDarling.test(reference: a, window: $0).pValue }
        }
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

    func smallestPValue(n: Int, m: Int) -> Double {
        // All values of the window above the reference's, or below: the law is symmetric.
        MannWhitney.test(.apart(n, m), alternative: alternative == .twoSided ? .twoSided : .less, method: .auto).pValue
    }
}

/// Epps and Singleton's test of a column.
///
/// With fewer than 5 values on a side it has no answer: p-value 1, said to be approximate.
struct EppsSingletonColumn: ColumnTest {
    var kind: ColumnKind { .numbers }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let effect = column.ranks.largest
        guard min(column.ranks.n, column.ranks.m) >= EppsSingleton.leastCount else {
            return ColumnAnswer(statistic: 0, pValue: 1, effect: effect, approximate: true)
        }
        let found = EppsSingleton.test(
            sortedReference: column.reference.map(Double.init),
            sortedTest: column.window.map(Double.init)
        )
        return ColumnAnswer(
            statistic: found.statistic,
            pValue: found.pValue,
            effect: effect,
            approximate: found.isScaledByDeviation
        )
    }

    func smallestPValue(n: Int, m: Int) -> Double {
        min(n, m) >= EppsSingleton.leastCount ? .leastNormalMagnitude : 1
    }
}
