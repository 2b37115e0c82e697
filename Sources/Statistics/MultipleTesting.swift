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

    /// The p-values adjusted by Holm's steps: those at or below a level are false alarms with at most that chance,
    /// however the tests depend on each other, and never fewer are found than by ``bonferroni(_:)``.
    ///
    /// - Returns: In the order given, `max over j ≤ i of p(j) · (n − j + 1)`, at most 1; as statsmodels' `holm`.
    /// - Complexity: O(*n* log *n*).
    ///
    /// Source: S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    /// Statistics 6, pp. 65–70.
    public static func holm(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var adjusted = pValues
        var largest = 0.0
        for (position, index) in order.enumerated() {
            largest = max(largest, pValues[index] * Double(pValues.count - position))
            adjusted[index] = min(1, largest)
        }
        return adjusted
    }

    /// As ``benjaminiHochberg(_:)``, for tests that depend on each other in any way: larger by `1 + 1/2 + … + 1/n`.
    ///
    /// - Returns: In the order given, at most 1; as `scipy.stats.false_discovery_control(…, method="by")`.
    ///
    /// Source: Y. Benjamini and D. Yekutieli (2001), "The control of the false discovery rate in multiple testing under
    /// dependency", Annals of Statistics 29, pp. 1165–1188.
    public static func benjaminiYekutieli(_ pValues: [Double]) -> [Double] {
        let penalty = harmonic(pValues.count)
        // The steps are taken before they are cut off at 1, which scaling afterwards would not know.
        let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
        var adjusted = pValues
        var smallest = 1.0
        for (position, index) in order.enumerated() {
            let rank = Double(pValues.count - position)
            smallest = min(smallest, pValues[index] * Double(pValues.count) * penalty / rank)
            adjusted[index] = smallest
        }
        return adjusted
    }

    /// `1 + 1/2 + … + 1/count`.
    public static func harmonic(_ count: Int) -> Double {
        count > 0 ? (1...count).reduce(0) { $0 + 1 / Double($1) } : 1
    }

    /// The largest p-value that Benjamini and Hochberg's procedure rejects at `level`, or `nil` when it rejects none.
    public static func benjaminiHochbergThreshold(_ pValues: [Double], level: Double) -> Double? {
        let sorted = pValues.sorted()
        let last = sorted.indices.last { sorted[$0] <= level * Double($0 + 1) / Double(sorted.count) }
        return last.map { sorted[$0] }
    }
}
