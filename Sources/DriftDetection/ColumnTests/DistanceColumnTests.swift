import Statistics

/// A distance of shares: of categories, or of bins that hold equal shares of the reference.
struct CategoryDistanceColumn: ColumnTest {
    let distance: CategoryDistance
    /// How many bins numbers are put into; nil for categories.
    let bins: Int?
    let permutations: ColumnPermutations
    var kind: ColumnKind { bins == nil ? .categories : .ranks }

    private func counts(_ column: ColumnPair) -> CategoryCounts {
        bins.map { CategoryCounts(column, bins: $0) } ?? CategoryCounts(column)
    }

    func extent(_ column: ColumnPair) -> Double {
        let counts = counts(column)
        return value(counts.reference, counts.window)
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let counts = counts(column)
        let observed = value(counts.reference, counts.window)
        let totals = zip(counts.reference, counts.window).map { $0 + $1 }
        var cells = CellPermutations(totals: totals, window: column.window.count, seed: draws.seed)
        let p = permutations.pValue(observed, draws: draws) {
            cells.draw()
            return value(zip(totals, cells.window).map { $0 - $1 }, cells.window)
        }
        let effect = bins == nil ? counts.totalVariation : column.ranks.largest
        return ColumnAnswer(statistic: observed, pValue: p, effect: effect)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double { permutations.smallestPValue }

    private func value(_ reference: [Int], _ window: [Int]) -> Double {
        distance.between(reference.map(Double.init), window.map(Double.init))
    }
}

/// Wasserstein's or the energy distance of a column of numbers, in the column's unit.
struct OrderedDistanceColumn: ColumnTest {
    let distance: OrderedDistance
    let permutations: ColumnPermutations
    var kind: ColumnKind { .numbers }

    func extent(_ column: ColumnPair) -> Double {
        PooledOrder(reference: column.reference.map(Double.init), window: column.window.map(Double.init))
            .observed(distance)
    }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let order = PooledOrder(
            reference: column.reference.map(Double.init),
            window: column.window.map(Double.init)
        )
        let observed = order.observed(distance)
        var generator = SeededGenerator(seed: draws.seed)
        var places = Array(0..<order.count)
        let p = permutations.pValue(observed, draws: draws) {
            order.permuted(distance, &places, using: &generator)
        }
        return ColumnAnswer(statistic: observed, pValue: p, effect: column.ranks.largest)
    }

    func smallestPValue(m: Int, of reference: ReferenceColumn) -> Double { permutations.smallestPValue }
}
