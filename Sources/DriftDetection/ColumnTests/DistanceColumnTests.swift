import Statistics

/// A distance of shares: of categories, or of bins that hold equal shares of the reference.
struct CategoryDistanceColumn: ColumnTest {
    let distance: CategoryDistance
    /// How many bins numbers are put into; nil for categories.
    let bins: Int?
    let permutations: ColumnPermutations
    var kind: ColumnKind { bins == nil ? .categories : .ranks }

    func answer(_ column: ColumnPair, draws: ColumnDraws) -> ColumnAnswer {
        let counts =
            bins.map { CategoryCounts(column, edges: Self.edges(column.reference, $0)) } ?? CategoryCounts(column)
        let observed = value(counts.reference, counts.window)
        var generator = SeededGenerator(seed: draws.seed)
        // Each row by the cell that it lies in; a permutation draws the rows of the smaller side.
        let cells = counts.reference.indices.flatMap { cell in
            [Int32](repeating: Int32(cell), count: counts.reference[cell] + counts.window[cell])
        }
        let totals = zip(counts.reference, counts.window).map { $0 + $1 }
        let drawsWindow = column.window.count <= column.reference.count
        let drawn = min(column.window.count, column.reference.count)
        var order = cells
        let p = permutations.pValue(observed, draws: draws) {
            var chosen = [Int](repeating: 0, count: totals.count)
            for position in 0..<drawn {
                order.swapAt(position, position + generator.index(below: order.count - position))
                chosen[Int(order[position])] += 1
            }
            let rest = zip(totals, chosen).map { $0 - $1 }
            return drawsWindow ? value(rest, chosen) : value(chosen, rest)
        }
        let effect = bins == nil ? counts.totalVariation : column.ranks.largest
        return ColumnAnswer(statistic: observed, pValue: p, effect: effect)
    }

    func smallestPValue(n: Int, m: Int) -> Double { permutations.smallestPValue }

    private func value(_ reference: [Int], _ window: [Int]) -> Double {
        distance.between(reference.map(Double.init), window.map(Double.init))
    }

    /// Values of the reference below or at which at least 1/bins, 2/bins, … of it lie, each once.
    private static func edges(_ sorted: UnsafeBufferPointer<Float>, _ bins: Int) -> [Float] {
        var edges: [Float] = []
        for bin in 1..<max(bins, 2) {
            let edge = sorted[max(0, (bin * sorted.count + bins - 1) / bins - 1)]
            if edge != edges.last { edges.append(edge) }
        }
        return edges
    }
}

/// Wasserstein's or the energy distance of a column of numbers, in the column's unit.
struct OrderedDistanceColumn: ColumnTest {
    let distance: OrderedDistance
    let permutations: ColumnPermutations
    var kind: ColumnKind { .numbers }

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

    func smallestPValue(n: Int, m: Int) -> Double { permutations.smallestPValue }
}
