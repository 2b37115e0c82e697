import JSON
import Methods

/// A two-sample test by permutations of one statistic, in stages as ``PermutationPlan`` has them.
struct PermutationTest: Sendable {
    /// The p-value at and below which a window counts as drifted.
    let significance: Double
    private let first: Int
    private let most: Int

    /// The most permutations that a statistic is asked for at once, besides the observed one.
    static let permutationsPerPass = 500

    /// The keys that such a test takes.
    static func parameters(permutations: Int = 100) -> [Parameter] {
        [
            Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer."),
            Parameter(
                "n_permutations",
                .integer(1...1_000_000),
                default: .integer(Int64(permutations)),
                "Permutations that every window gets."
            ),
            Parameter(
                "max_permutations",
                .integer(1...10_000_000),
                default: 20_000,
                "The most permutations that a window gets when the budget's level needs them."
            ),
        ]
    }

    /// Reads the keys.
    init(_ parameters: Parameters) {
        significance = parameters.number("p_val")
        first = parameters.integer("n_permutations")
        most = max(first, parameters.integer("max_permutations"))
    }

    /// The smallest p-value that a window can get.
    var smallestPValue: Double { 1 / Double(1 + most) }

    /// What a test found.
    struct Outcome {
        /// The statistic of the window as it came.
        var observed: Double
        /// The statistics of all permutations that were drawn.
        var null: [Double]
        /// `(1 + exceedances) / (1 + permutations)`, never 0.
        var pValue: Double
        /// The statistic that a window has to exceed for `pValue ≤ significance` with these permutations; nil where none
        /// can.
        var distanceThreshold: Double?
    }

    /// Draws as many permutations as the level needs.
    ///
    /// - Parameters:
    ///   - permutations: Where windows are drawn from, most often a ``PermutationNull``.
    ///   - rounding: From the observed statistic: differences below this are none.
    ///   - statistics: Returns the statistic of so many permutations, and of the observed window before them where it is
    ///     told so, which is once and first.
    func run<Null>(
        _ permutations: Null,
        level: Double,
        rounding: (Double) -> Double,
        statistics: (inout Null, _ count: Int, _ withObserved: Bool) throws -> [Double]
    ) throws -> Outcome {
        var permutations = permutations
        let plan = PermutationPlan(first: first, level: level, bound: most)
        var null = try statistics(&permutations, min(Self.permutationsPerPass, first), true)
        let observed = null.removeFirst()
        let least = observed - rounding(observed)
        var exceedances = null.count { $0 >= least }
        for (index, stage) in plan.stages.enumerated()
        where index == 0 || exceedances <= PermutationPlan.fewExceedances {
            while null.count < stage {
                try Task.checkCancellation()
                let more = try statistics(&permutations, min(Self.permutationsPerPass, stage - null.count), false)
                exceedances += more.count { $0 >= least }
                null += more
            }
        }
        return Outcome(
            observed: observed,
            null: null,
            pValue: Double(1 + exceedances) / Double(1 + null.count),
            distanceThreshold: distanceThreshold(null)
        )
    }

    private func distanceThreshold(_ null: [Double]) -> Double? {
        let allowed = Int((significance * Double(1 + null.count)).rounded(.down)) - 1  // exceedances that may be
        guard allowed >= 0 else { return nil }
        let descending = null.sorted(by: >)
        return allowed < descending.count ? descending[allowed] : descending.last
    }
}

extension PermutationTest.Outcome {
    /// The result of a joint test.
    func result(
        significance: Double,
        effect: Effect,
        excludedRows: Int = 0,
        approximate: Bool = false
    ) -> WindowResult {
        WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: [pValue],
            distances: [observed],
            threshold: significance,
            distanceThreshold: distanceThreshold,
            effect: effect,
            jointly: true,
            excludedRows: excludedRows,
            approximate: approximate
        )
    }
}
