import LinearAlgebra
package import Methods
package import Tensors

/// The kernel two-sample test: whether reference and window come from one distribution, all features together.
///
/// The statistic is the unbiased estimate of the squared maximum mean discrepancy,
/// `mean k(x, x') + mean k(y, y') − 2 mean k(x, y)` over pairs of different rows. Its p-value comes from calling random
/// rows the window, `(1 + k) / (1 + P)`, never 0; statistics that agree to rounding count as reached. Rows that hold NaN or
/// infinities cannot be compared jointly: they are left out and counted. Where rows depend on those before them, blocks of
/// rows or the window as a whole change places, see ``PermutationScheme``.
///
/// - Complexity: O((*n + m*)² · (*d + P*)) time, O((*n + m*) · *P*) memory for *P* permutations; with *D* random features
///   O((*n + m*) · *d* · *D* + *P m D*) time, O(*P D* + (*n + m*) *P* / 8) memory.
///
/// Source: A. Gretton et al. (2012), "A kernel two-sample test", JMLR 13, pp. 723–773; B. Phipson and G. Smyth (2010),
/// "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1); for random features J. Zhao and
/// D. Meng (2015), "FastMMD", Neural Computation 27, arXiv:1405.2664.
package struct MMDDrift: WindowTest {
    /// Random features with their sum over the reference, in place of the kernel matrix.
    package struct Approximation: Sendable {
        /// What rows are mapped to.
        package let features: RandomFeatures
        /// The sum of the reference rows' features.
        package let referenceSum: [Double]

        /// Restores an approximation.
        package init(features: RandomFeatures, referenceSum: [Double]) {
            self.features = features
            self.referenceSum = referenceSum
        }

        /// Draws features, and maps every reference row once.
        ///
        /// - Parameter reference: Shape `[n, d]`, finite.
        package init(_ kernel: SimilarityKernel, width: Int, reference: Tensor<Float>, seed: UInt64) throws {
            let origin = Elementwise.meanColumns(reference).map { Float($0) }
            let size = reference.elementsPerRow
            features = RandomFeatures(kernel, size: size, width: width, origin: origin, seed: seed)
            referenceSum = try FeatureSums.total(reference, features)
        }
    }

    package var significance: Double { permutationTest.significance }
    /// With a kernel of at most 1 the discrepancy is at most the root of 2.
    package let largestEffect = 2.0.squareRoot()

    private let reference: Tensor<Float>  // [n, d]
    private let centre: [Float]
    private let kernel: SimilarityKernel
    private let approximation: Approximation?
    private let permutationTest: PermutationTest

    /// Statistics whose difference is below this are the same but for rounding: single precision sums of kernel values
    /// of at most 1.
    private static let rounding = 1e-6

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameters:
    ///   - approximation: Random features, where the kernel matrix is not computed.
    ///   - parameters: The keys that ``MMDDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 2 rows, `.nonFiniteValue`, `.invalidConfiguration` for keys that do not go together.
    package init(
        reference: Tensor<Float>,
        kernel: SimilarityKernel,
        approximation: Approximation? = nil,
        parameters: Parameters
    ) throws(MethodError) {
        self.reference = try reference.asReference(of: "MMDDrift", atLeast: 2)
        centre = Elementwise.meanColumns(self.reference).map { Float($0) }
        self.kernel = kernel
        self.approximation = approximation
        permutationTest = try PermutationTest(parameters, reference: self.reference)
    }

    package func smallestPValue(rows: Int) -> Double {
        permutationTest.smallestPValue(reference: reference.rows, window: rows)
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let window = try rows.comparable(with: reference, "MMDDrift")
        let excluded = rows.rows - window.rows
        let permutations = permutationTest.permutations(reference: reference.rows, window: window.rows, seed: seed)
        if let approximation {
            return try linearTest(window, approximation, permutations, level: level, excluded: excluded)
        }
        let sample = try PooledSample(reference: reference, window: window, centre: centre, kernel: kernel)
        let (outcome, effect) = try sample.test(permutationTest, permutations, level: level, rounding: Self.rounding)
        return result(outcome, effect, level: level, excluded: excluded)
    }

    private func result(
        _ outcome: PermutationTest.Outcome,
        _ effect: Effect,
        level: Double,
        excluded: Int
    ) -> WindowResult {
        var result = outcome.result(significance: significance, effect: effect, excludedRows: excluded)
        result.detectable = DetectableEffect("mmd", level: level) {
            outcome.detectable(level: level, unbiased: true, power: $0)?.squareRoot()
        }
        result.details = permutationTest.scheme.details
        return result
    }

    private func linearTest(
        _ window: Tensor<Float>,
        _ approximation: Approximation,
        _ permutations: PermutationNull,
        level: Double,
        excluded: Int
    ) throws -> WindowResult {
        let sample = SplitSample(reference: reference, window: window)
        let discrepancy = try LinearDiscrepancy(
            sample,
            approximation.features,
            referenceSum: approximation.referenceSum
        )
        let outcome = try permutationTest.run(permutations, level: level, rounding: { _ in Self.rounding }) {
            try discrepancy.squared($0.draw($1, observed: $2))
        }
        let effect = try discrepancy.effect(outcome.observed, null: outcome.null)
        return result(outcome, effect, level: level, excluded: excluded)
    }
}

extension PooledSample {
    /// The permutation test of the discrepancy.
    func test(
        _ test: PermutationTest,
        _ permutations: PermutationNull,
        level: Double,
        rounding: Double
    ) throws -> (PermutationTest.Outcome, Effect) {
        var observed: Discrepancy?
        let outcome = try test.run(permutations, level: level, rounding: { _ in rounding }) {
            null,
            count,
            withObserved in
            let memberships = null.memberships(count, after: withObserved ? observedMembership : nil)
            let ways = count + (withObserved ? 1 : 0)
            let sums = sums(memberships: memberships, count: ways)
            if withObserved { observed = Discrepancy(sums, self) }
            return (0..<ways).map { Discrepancy.squared(sums, $0, self) }
        }
        guard let observed else { preconditionFailure("the observed statistic is asked for first") }
        return (outcome, observed.effect(null: outcome.null))
    }
}

extension Tensor<Float> {
    /// Rows that a joint test may compare with, as `[n, d]`.
    ///
    /// - Throws: `.tooFewRows` below `least` rows or without features; `.nonFiniteValue`.
    func asReference(of method: String, atLeast least: Int) throws(MethodError) -> Tensor<Float> {
        guard rows >= least, elementsPerRow > 0 else {
            throw MethodError(
                .tooFewRows,
                "the reference of \(method) has shape \(shape)",
                remedy: "Give at least \(least) rows of at least 1 feature"
            )
        }
        try requireFinite(method)
        return withShape([rows, elementsPerRow])
    }

    /// The rows of a window that can be compared jointly with a reference, as `[m, d]`.
    ///
    /// - Throws: `.shapeMismatch` when rows have another size; `.tooFewRows` below `least` rows without missing values.
    func comparable(with reference: Tensor<Float>, atLeast least: Int = 2, _ method: String) throws(MethodError)
        -> Tensor<Float>
    {
        guard elementsPerRow == reference.elementsPerRow else {
            throw MethodError.width(elementsPerRow, expected: reference.elementsPerRow, method)
        }
        let window = finiteRows
        guard window.rows >= least else {
            throw MethodError(
                .tooFewRows,
                "\(method): the window has \(window.rows) rows without missing values",
                remedy: "Wait for at least \(least) rows"
            )
        }
        return window
    }
}
