import Statistics

/// Anderson and Darling's test of a column.
///
/// The limit's p-value holds where no value has many equals; elsewhere it is too small, up to half of what it should be,
/// and the p-value is taken from permutations.
struct AndersonDarlingColumn: ColumnTest {
    let mode: PValueMode
    let permutations: ColumnPermutations
    var kind: ColumnKind { .ranks }
    var looksAtReference: Bool { mode == .auto }

    /// The largest share of the variance of ranks that ties may take: at a thousandth the limit still calls 5.0 % of clean
    /// windows drift at 5 %, at four thousandths 5.6 %.
    private static let largestTieShare = 0.001
    /// Below this many values on a side the moved and scaled limit is off by more than a tenth at 1 %.
    private static let leastCount = 5

    func extent(_ column: ColumnPair) -> Double {
        let groups = AndersonDarlingGroups(reference: column.reference, window: column.window)
        return groups.totals.count > 1 ? groups.sum(window: groups.window) : 0
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let (n, m) = (column.ranks.n, column.ranks.m)
        let found = AndersonDarling.test(reference: column.reference, window: column.window)
        var answer = ColumnAnswer(
            statistic: found.statistic,
            pValue: found.pValue,
            effect: column.ranks.largest,
            approximate: min(n, m) < Self.leastCount
        )
        let holds = min(n, m) >= Self.leastCount && column.ranks.ties <= Self.largestTieShare * Self.cube(n + m)
        guard mode.permutes(limitHolds: holds) else { return answer }
        let groups = AndersonDarlingGroups(reference: column.reference, window: column.window)
        var cells = CellPermutations(totals: groups.totals, window: m, seed: draws.seed)
        answer.pValue = permutations.pValue(groups.sum(window: groups.window), draws: draws) {
            cells.draw()
            return groups.sum(window: cells.window)
        }
        answer.approximate = false
        return answer
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        let n = reference.count
        let isTied = mode == .auto && reference.tieSum > Self.largestTieShare * Self.cube(n + m)
        guard !mode.permutes(limitHolds: min(n, m) >= Self.leastCount && !isTied) else {
            return permutations.smallestPValue
        }
        // It falls with both sizes, and at 200 is far below any level.
        let a = (0..<min(n, 200)).map(Float.init)
        let b = (0..<min(m, 200)).map { Float(1000 + $0) }
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { AndersonDarling.test(reference: a, window: $0).pValue }
        }
    }

    private static func cube(_ count: Int) -> Double { Double(count) * (Double(count) * Double(count) - 1) }
}

/// Epps and Singleton's test of a column.
///
/// The limit calls clean windows drift far too often where the reference is larger than the window, so that `auto` always
/// takes the p-value from permutations. With fewer than 5 values on a side it has no answer: p-value 1, said to be
/// approximate.
struct EppsSingletonColumn: ColumnTest {
    let mode: PValueMode
    let permutations: ColumnPermutations
    var kind: ColumnKind { .numbers }

    func extent(_ column: ColumnPair) -> Double {
        guard min(column.ranks.n, column.ranks.m) >= EppsSingleton.leastCount else { return 0 }
        let (x, y) = (column.reference.map(Double.init), column.window.map(Double.init))
        return EppsSingletonPermutations(sortedReference: x, sortedTest: y)?.observed ?? 0
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let effect = column.ranks.largest
        guard min(column.ranks.n, column.ranks.m) >= EppsSingleton.leastCount else {
            return ColumnAnswer(statistic: 0, pValue: 1, effect: effect, approximate: true)
        }
        let (x, y) = (column.reference.map(Double.init), column.window.map(Double.init))
        let found = EppsSingleton.test(sortedReference: x, sortedTest: y)
        var answer = ColumnAnswer(
            statistic: found.statistic,
            pValue: found.pValue,
            effect: effect,
            approximate: found.isScaledByDeviation
        )
        guard mode.permutes(limitHolds: false),
            let pooled = EppsSingletonPermutations(sortedReference: x, sortedTest: y)
        else { return answer }
        var null = PermutationNull(rows: pooled.count, windowRows: y.count, seed: draws.seed)
        // The inverse of a covariance whose condition is up to 1e5.
        answer.pValue = permutations.pValue(pooled.observed, draws: draws, rounding: 1e-9) {
            pooled.statistic { null.forEachRowOfNext($0) }
        }
        answer.approximate = false
        return answer
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double {
        guard min(reference.count, m) >= EppsSingleton.leastCount else { return 1 }
        return mode.permutes(limitHolds: false) ? permutations.smallestPValue : .leastNormalMagnitude
    }
}
