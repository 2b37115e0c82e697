/// Ways to judge several p-values at once without crying wolf more often for each further test.
public enum MultipleTesting {
    /// The level that each of `count` tests must reach so that the chance of any false alarm stays below `level`,
    /// however the tests depend on each other: `level / count`.
    ///
    /// Source: O. J. Dunn (1961), "Multiple comparisons among means", Journal of the American Statistical Association
    /// 56, pp. 52–64.
    public static func bonferroniLevel(_ level: Double, count: Int) -> Double {
        level / Double(max(count, 1))
    }

    /// The p-values as they would be for a single test: `min(1, p · count)`.
    public static func bonferroni(_ pValues: [Double]) -> [Double] {
        pValues.map { min(1, $0 * Double(pValues.count)) }
    }

    /// The p-values adjusted so that those at or below `q` hold at most a share `q` of false alarms, for tests that are
    /// independent or positively dependent.
    ///
    /// - Returns: In the order given, `min over j ≥ i of p(j) · n / j`, at most 1; as `scipy.stats.false_discovery_control`.
    /// - Complexity: O(*n* log *n*).
    ///
    /// Source: Y. Benjamini and Y. Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal
    /// Statistical Society B 57, pp. 289–300.
    public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
        var adjusted = pValues
        var smallest = 1.0
        for (position, index) in order.enumerated() {
            let rank = Double(pValues.count - position)
            smallest = min(smallest, pValues[index] * Double(pValues.count) / rank)
            adjusted[index] = smallest
        }
        return adjusted
    }

    /// The largest p-value that Benjamini and Hochberg's procedure rejects at `level`, or `nil` when it rejects none.
    public static func benjaminiHochbergThreshold(_ pValues: [Double], level: Double) -> Double? {
        let sorted = pValues.sorted()
        let last = sorted.indices.last { sorted[$0] <= level * Double($0 + 1) / Double(sorted.count) }
        return last.map { sorted[$0] }
    }
}
