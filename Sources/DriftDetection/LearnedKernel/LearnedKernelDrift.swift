package import Methods
import Statistics
package import Tensors

/// The kernel two-sample test with a kernel that is learned for each window: rows are compared by what tells the two
/// samples apart, and not by distance in all features.
///
/// Part of both samples trains a ``DeepKernel`` to make the test powerful (``KernelPower``); the other rows, which it has
/// not seen, are tested as by ``MMDDrift``, with `(1 + k) / (1 + P)` by permutation, so that the level holds whatever was
/// learned. Columns are standardised by the rows that are learned from. Everything follows from the seed, and at most
/// `max_reference_rows` reference rows take part, drawn anew for each window. Rows with NaN or infinities are left out and
/// counted; a constant column keeps its unit.
///
/// The answer's details are `kernel_eps`, the share of the kernel of the rows themselves, and `kernel_sigma`, the widths of
/// the kernel of φ and of that of the rows in standard deviations.
///
/// - Complexity: O(*epochs* · min(*n*, *m*) · *batch* · (*d* + *h*)) to learn for *h* units, then as ``MMDDrift`` for the
///   rows that are left.
///
/// Source: F. Liu et al. (2020), "Learning deep kernels for non-parametric two-sample tests", ICML, arXiv:2002.09116.
package struct LearnedKernelDrift: WindowTest {
    package var significance: Double { permutationTest.significance }
    /// With a kernel of at most 1 the discrepancy is at most the root of 2.
    package let largestEffect = 2.0.squareRoot()

    /// The fewest rows of a sample: some to learn from, and two to test at least.
    static let leastRows = 8

    private let reference: Tensor<Float>
    private let training: KernelTraining
    private let share: Double
    private let mostRows: Int
    private let permutationTest: PermutationTest

    /// Statistics whose difference is below this are the same but for rounding, as for ``MMDDrift``.
    private static let rounding = 1e-6

    /// Creates a test against a reference, shape `[n, …]`, finite.
    ///
    /// - Parameter parameters: The keys that ``LearnedKernelDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 8 rows, `.nonFiniteValue`.
    package init(reference: Tensor<Float>, parameters: Parameters) throws(MethodError) {
        self.reference = try reference.asReference(of: "LearnedKernelDrift", atLeast: Self.leastRows)
        share = parameters.number("train_size")
        mostRows = parameters.integer("max_reference_rows")
        permutationTest = PermutationTest(parameters)
        training = KernelTraining(
            hidden: parameters.optionalIntegers("hidden") ?? [32, 16],
            fixedShare: parameters.optionalNumber("eps"),
            regularisation: parameters.number("var_reg"),
            epochs: parameters.integer("epochs"),
            batchSize: parameters.integer("batch_size"),
            learningRate: parameters.number("learning_rate")
        )
    }

    package func smallestPValue(rows: Int) -> Double { permutationTest.smallestPValue }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let window = try rows.comparable(with: reference, atLeast: Self.leastRows, "LearnedKernelDrift")
        var generator = SeededGenerator(seed: seed)
        let some = reference.sampled(mostRows, using: &generator)
        let split = DomainSplit.divisions(
            some,
            window,
            share: share,
            folds: nil,
            leastRows: 2,
            using: &generator
        )[0]
        let scaling = Scaling(fittedTo: split.training.rows)
        let learned = scaling.scaled(split.training.rows)
        let learnedReference = split.training.isWindow.count { !$0 }
        let kernel = try training.kernel(
            learned.rows(0..<learnedReference),
            learned.rows(learnedReference..<learned.rows),
            seed: seed
        )
        let sample = try kernel.pooled(
            reference: scaling.scaled(split.reference),
            window: scaling.scaled(split.window)
        )
        let (outcome, effect) = try sample.test(
            permutationTest,
            PermutationNull(rows: sample.rows, windowRows: sample.windowRows, seed: generator.next()),
            level: level,
            rounding: Self.rounding
        )
        var result = outcome.result(
            significance: significance,
            effect: effect,
            excludedRows: rows.rows - window.rows
        )
        result.details = ["kernel_eps": [kernel.share], "kernel_sigma": [kernel.featureSigma, kernel.rowSigma]]
        return result
    }
}
