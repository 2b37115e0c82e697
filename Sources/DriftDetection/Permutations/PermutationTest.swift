import JSON
import Methods
import Tensors

/// A two-sample test by permutations of one statistic, in stages as ``PermutationPlan`` has them.
struct PermutationTest: Sendable {
    /// The p-value at and below which a window counts as drifted.
    let significance: Double
    /// What changes places.
    let scheme: PermutationScheme
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

    /// Reads the keys of a test whose rows are exchangeable.
    init(_ parameters: Parameters) { self.init(parameters, scheme: .rows) }

    /// Reads the keys of a test whose rows may depend on each other, those of ``PermutationScheme`` too.
    ///
    /// - Parameter reference: What the length of blocks is read from, in the order of time.
    /// - Throws: As ``PermutationScheme/init(_:reference:)``.
    init(_ parameters: Parameters, reference: Tensor<Float>) throws(MethodError) {
        self.init(parameters, scheme: try PermutationScheme(parameters, reference: reference))
    }

    private init(_ parameters: Parameters, scheme: PermutationScheme) {
        self.init(
            significance: parameters.number("p_val"),
            first: parameters.integer("n_permutations"),
            most: parameters.integer("max_permutations"),
            scheme: scheme
        )
    }

    /// A test at a level with so many permutations for every window, and at most so many.
    init(significance: Double, first: Int, most: Int, scheme: PermutationScheme = .rows) {
        self.significance = significance
        self.first = first
        self.most = max(first, most)
        self.scheme = scheme
    }

    /// The smallest p-value that a window can get where its rows are exchangeable with the reference's.
    var smallestPValue: Double { 1 / Double(1 + most) }

    /// The smallest p-value that a window of so many rows can get.
    func smallestPValue(reference: Int, window: Int) -> Double {
        max(smallestPValue, scheme.smallestPValue(reference: reference, window: window))
    }

    /// A stream of permutations.
    func permutations(reference: Int, window: Int, seed: UInt64) -> PermutationNull {
        PermutationNull(scheme, referenceRows: reference, windowRows: window, seed: seed)
    }

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

    /// Draws permutations that cost much until so many have reached the observed statistic, or there are enough for the
    /// level.
    ///
    /// Where the `h`-th exceedance comes with the `l`-th permutation the p-value is `h / l`, since among `l` statistics
    /// that are exchangeable with the observed one it is one of the `h` largest with that chance; windows that did not
    /// drift take few permutations, on average `h (1 + ln(P / h))` of `P`.
    ///
    /// - Parameters:
    ///   - exceedances: The number `h`.
    ///   - pass: Permutations that are asked for at once.
    ///   - statistics: As for ``run(_:level:rounding:statistics:)``.
    ///
    /// Source: J. Besag and P. Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78, pp. 301–304.
    func runUntil(
        exceedances most: Int,
        _ permutations: PermutationNull,
        level: Double,
        pass: Int,
        statistics: (inout PermutationNull, _ count: Int, _ withObserved: Bool) throws -> [Double]
    ) throws -> Outcome {
        var permutations = permutations
        let needed = PermutationPlan(first: first, level: level, bound: self.most).stages.last ?? first
        var null = try statistics(&permutations, min(pass, needed), true)
        let observed = null.removeFirst()
        var (reached, seen) = (0, 0)
        while true {
            for value in null[seen...] {
                seen += 1
                if value >= observed { reached += 1 }
                guard reached == most else { continue }
                return Outcome(
                    observed: observed,
                    null: null,
                    pValue: Double(reached) / Double(seen),
                    distanceThreshold: distanceThreshold(null)
                )
            }
            guard seen < needed else { break }
            try Task.checkCancellation()
            null += try statistics(&permutations, min(pass, needed - seen), false)
        }
        return Outcome(
            observed: observed,
            null: null,
            pValue: Double(1 + reached) / Double(1 + seen),
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
