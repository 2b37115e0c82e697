import LinearAlgebra
package import Methods
package import Tensors

/// The kernel two-sample test: whether reference and window come from one distribution, all features together.
///
/// The statistic is the unbiased estimate of the squared maximum mean discrepancy,
/// `mean k(x, x') + mean k(y, y') − 2 mean k(x, y)` over pairs of different rows, with a Gaussian kernel. Its p-value
/// comes from calling random rows the window, `(1 + k) / (1 + P)`, never 0; statistics that agree to rounding count as
/// reached. Rows that hold NaN or infinities cannot be compared jointly: they are left out and counted.
///
/// - Complexity: O((*n + m*)² · (*d + P*)) time, O((*n + m*) · *P*) memory for *P* permutations.
///
/// Source: A. Gretton et al. (2012), "A kernel two-sample test", JMLR 13, pp. 723–773; B. Phipson and G. Smyth (2010),
/// "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1).
package struct MMDDrift: WindowTest {
    package let significance: Double
    /// With a kernel of at most 1 the discrepancy is at most the root of 2.
    package let largestEffect = 2.0.squareRoot()

    private let reference: Tensor<Float>  // [n, d]
    private let centre: [Float]
    private let kernel: GaussianKernel
    private let firstPermutations: Int
    private let mostPermutations: Int

    /// Permutations that share one pass over the kernel matrix.
    private static let permutationsPerPass = 500

    /// Statistics whose difference is below this are the same but for rounding: single precision sums of kernel values
    /// of at most 1.
    private static let rounding = 1e-6

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``MMDDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 2 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, kernel: GaussianKernel, parameters: Parameters) throws(MethodError) {
        guard reference.rows >= 2, reference.elementsPerRow > 0 else {
            throw MethodError(
                .tooFewRows,
                "the reference of MMDDrift has shape \(reference.shape)",
                remedy: "Give at least 2 rows of at least 1 feature"
            )
        }
        try reference.requireFinite("MMDDrift")
        self.reference = reference.withShape([reference.rows, reference.elementsPerRow])
        centre = Elementwise.meanColumns(self.reference).map { Float($0) }
        self.kernel = kernel
        significance = parameters.number("p_val")
        firstPermutations = parameters.integer("n_permutations")
        mostPermutations = max(firstPermutations, parameters.integer("max_permutations"))
    }

    package func smallestPValue(rows: Int) -> Double { 1 / Double(1 + mostPermutations) }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        guard rows.elementsPerRow == reference.elementsPerRow else {
            throw MethodError.width(rows.elementsPerRow, expected: reference.elementsPerRow, "MMDDrift")
        }
        let window = rows.finiteRows
        guard window.rows >= 2 else {
            throw MethodError(
                .tooFewRows,
                "MMDDrift: the window has \(window.rows) rows without missing values",
                remedy: "Wait for at least 2 rows"
            )
        }
        let sample = try PooledSample(reference: reference, window: window, centre: centre, kernel: kernel)
        let plan = PermutationPlan(first: firstPermutations, level: level, bound: mostPermutations)
        var permutations = PermutationNull(rows: sample.rows, windowRows: sample.windowRows, seed: seed)

        // What is true goes through the kernel matrix together with the first permutations.
        let beside = min(Self.permutationsPerPass, firstPermutations)
        let both = permutations.memberships(beside, after: sample.observedMembership)
        let firstSums = sample.sums(memberships: both, count: 1 + beside)
        let observed = Discrepancy(firstSums, sample)
        var null: [Double] = []
        var exceedances = 0
        func take(_ sums: PooledSample.Sums, _ memberships: Range<Int>) throws {
            let statistics = memberships.map { Discrepancy.squared(sums, $0, sample) }
            exceedances += statistics.count { $0 >= observed.squared - Self.rounding }
            null += statistics
            try Task.checkCancellation()
        }
        try take(firstSums, 1..<1 + beside)
        for (index, stage) in plan.stages.enumerated()
        where index == 0 || exceedances <= PermutationPlan.fewExceedances {
            while null.count < stage {
                let count = min(Self.permutationsPerPass, stage - null.count)
                try take(sample.sums(memberships: permutations.memberships(count), count: count), 0..<count)
            }
        }
        let pValue = Double(1 + exceedances) / Double(1 + null.count)
        return WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: [pValue],
            distances: [observed.squared],
            threshold: significance,
            distanceThreshold: distanceThreshold(null),
            effect: observed.effect(null: null),
            jointly: true,
            excludedRows: rows.rows - window.rows
        )
    }

    /// The statistic that a window has to exceed for `pValue ≤ p_val` with these permutations; nil where none can.
    private func distanceThreshold(_ null: [Double]) -> Double? {
        let allowed = Int((significance * Double(1 + null.count)).rounded(.down)) - 1  // exceedances that may be
        guard allowed >= 0 else { return nil }
        let descending = null.sorted(by: >)
        return allowed < descending.count ? descending[allowed] : descending.last
    }
}
