import JSON
import Methods
import Statistics

/// The p-value of a statistic whose law nobody has a formula for, by drawing the window's rows anew.
///
/// `(1 + k) / (1 + P)`, never 0, ties counted; how many are drawn follows ``PermutationPlan``.
///
/// Source: B. Phipson and G. Smyth (2010), "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1).
struct ColumnPermutations: Sendable {
    /// Permutations that every window gets.
    let first: Int
    /// The most that a window gets where the level needs them.
    let most: Int

    /// What a column gets that says nothing.
    private static let standard = (first: 100, most: 20_000)

    /// The keys of a test that permutes only where its rows depend on each other; without defaults, as
    /// ``PermutationScheme/parameters``.
    static let optionalParameters = [
        Parameter(
            "n_permutations",
            .integer(19...1_000_000),
            "With permutation: permutations that a column gets; 100 where absent."
        ),
        Parameter(
            "max_permutations",
            .integer(19...10_000_000),
            "With permutation: the most that a column gets when its share of the level needs them; 20000 where absent."
        ),
    ]

    /// The keys of a test by permutation.
    static let parameters = [
        Parameter(
            "n_permutations",
            .integer(19...1_000_000),
            default: .integer(Int64(standard.first)),
            "Permutations that a column gets where its p-value is by permutation."
        ),
        Parameter(
            "max_permutations",
            .integer(19...10_000_000),
            default: .integer(Int64(standard.most)),
            "The most permutations that such a column gets when its share of the level needs them."
        ),
    ]

    /// Reads the keys.
    init(reading parameters: Parameters) {
        first = parameters.optionalInteger("n_permutations") ?? Self.standard.first
        most = parameters.optionalInteger("max_permutations") ?? Self.standard.most
    }

    /// The smallest answer.
    var smallestPValue: Double { 1 / Double(1 + max(first, most)) }

    /// Returns the p-value of a statistic.
    ///
    /// - Parameters:
    ///   - rounding: How much of the observed statistic, or of 1 where it is smaller, is only rounding.
    ///   - next: The statistic of another permutation.
    func pValue(_ observed: Double, draws: ColumnDraws, rounding: Double = 1e-12, next: () -> Double) -> Double {
        guard !draws.isIdle else { return 1 }
        let plan = PermutationPlan(first: first, level: draws.level, bound: max(first, most))
        let bound = observed - rounding * max(1, observed)  // sums in another order
        var drawn = 0
        var reached = 0
        for (index, stage) in plan.stages.enumerated() where index == 0 || reached <= PermutationPlan.fewExceedances {
            while drawn < stage {
                if next() >= bound { reached += 1 }
                drawn += 1
            }
        }
        return Double(1 + reached) / Double(1 + drawn)
    }
}
