import LinearAlgebra
package import Methods
import Statistics
import Synchronization
package import Tensors

/// The least-squares density difference test: whether the densities of reference and window differ anywhere, all features
/// together.
///
/// Columns are standardised by the reference, kernels taken at centres that were drawn from the reference when the test
/// was fitted and take no further part, and the statistic is that of ``DensityDifference``. λ is chosen for the observed
/// window and the first permutations together, which are alike when nothing drifted, and stays. The p-value comes from
/// permutations, never 0. Equal rows, equal columns and equal centres are allowed; a constant column keeps its unit. Rows
/// with NaN or infinities are left out and counted. Where rows depend on those before them, blocks of rows or the window as
/// a whole change places, see ``PermutationScheme``.
///
/// - Complexity: O((*n + m*) · *c* · (*d + P*) + *P c²*) time for *c* centres, O(*P c*) memory; the first test decomposes
///   the centres' kernels, O(*c*³).
package struct LSDDDrift: WindowTest {
    package var significance: Double { permutationTest.significance }
    /// The estimate has no bound that does not depend on the data.
    package let largestEffect = Double.infinity

    private let reference: Tensor<Float>  // [n, d], without the centres
    private let map: CentreKernels
    private let referenceSum: [Double]
    private let limit: Double
    private let permutationTest: PermutationTest
    private let difference = DifferenceCache()

    /// Creates a test.
    ///
    /// - Parameters:
    ///   - reference: Shape `[n, …]`, finite, without the centres.
    ///   - referenceSum: The sum of its rows' kernels.
    ///   - parameters: The keys that ``LSDDDriftFactory`` declares.
    /// - Throws: `.invalidConfiguration` for keys that do not go together.
    package init(
        reference: Tensor<Float>,
        map: CentreKernels,
        referenceSum: [Double],
        parameters: Parameters
    ) throws(MethodError) {
        self.reference = reference.withShape([reference.rows, reference.elementsPerRow])
        self.map = map
        self.referenceSum = referenceSum
        limit = parameters.number("lambda_rd_max")
        permutationTest = try PermutationTest(parameters, reference: self.reference)
    }

    package func smallestPValue(rows: Int) -> Double {
        permutationTest.smallestPValue(reference: reference.rows, window: rows)
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let window = try rows.comparable(with: reference, atLeast: 1, "LSDDDrift")
        let sample = SplitSample(reference: reference, window: window)
        let estimate = try difference.value { try DensityDifference(map) }
        let windowSum = try FeatureSums.total(window, map)
        let total = zip(referenceSum, windowSum).map(+)
        let (n, m) = (Double(reference.rows), Double(window.rows))

        var strength = 0.0
        var observed: [Double] = []
        let permutations = permutationTest.permutations(reference: reference.rows, window: window.rows, seed: seed)
        // Sums of kernels are single precision within a block: differences of means carry errors of 10⁻⁷.
        let outcome = try permutationTest.run(
            permutations,
            level: level,
            rounding: { 1e-6 * abs($0) + 1e-12 * estimate.weights(strength).reduce(0, +) }
        ) { null, count, withObserved in
            let sums = try FeatureSums.sums(sample, null.draw(count, observed: withObserved), map)
            let width = map.width
            let differences = sums.indices.map { (total[$0 % width] - sums[$0]) / n - sums[$0] / m }
            let rotated = try estimate.rotated(differences)
            if withObserved {
                strength = estimate.strength(rotated, limit: limit)
                observed = Array(rotated[..<width])
            }
            return estimate.estimates(rotated, strength: strength)
        }
        let slopes = try estimate.slopes(observed[...], strength: strength)
        var result = outcome.result(
            significance: significance,
            effect: try effect(outcome, slopes, window),
            excludedRows: rows.rows - window.rows
        )
        result.detectable = DetectableEffect("lsdd", level: level) {
            outcome.detectable(level: level, unbiased: false, power: $0)
        }
        result.details = permutationTest.scheme.details
        return result
    }

    /// The estimate less what it is in the mean where nothing drifted, with a 95 % interval.
    ///
    /// The estimate is a quadratic form of a difference of means, so that it varies as
    /// `4 Var(k(x)ᵀ M h) / n + 4 Var(k(y)ᵀ M h) / m` away from equality; near it, as the permuted ones do.
    private func effect(
        _ outcome: PermutationTest.Outcome,
        _ slopes: [Double],
        _ window: Tensor<Float>
    ) throws -> Effect {
        let null = Moments(outcome.null)
        let step = max(1, reference.rows / 2_000)
        let some = reference.selectingRows(Array(stride(from: 0, to: reference.rows, by: step)))
        let ofReference = try parts(some, slopes).variance / Double(reference.rows)
        let ofWindow = try parts(window, slopes).variance / Double(window.rows)
        let nullVariance = outcome.null.count > 1 ? null.variance : 0
        let margin = 1.959964 * (4 * (ofReference + (ofWindow.isNaN ? 0 : ofWindow)) + nullVariance).squareRoot()
        let value = outcome.observed - null.mean
        return Effect(
            name: "lsdd",
            value: max(0, value),
            low: max(0, value - margin),
            high: max(0, value + margin)
        )
    }

    /// Each row's product of kernels and slopes.
    private func parts(_ rows: Tensor<Float>, _ slopes: [Double]) throws -> Moments {
        let kernels = try KernelMatrix(map.scaling.scaled(rows), map.centres, gammas: map.kernel.gammas)
        let block = UnsafeMutablePointer<Float>.allocate(capacity: 256 * map.width)
        defer { block.deallocate() }
        var moments = Moments()
        for first in stride(from: 0, to: rows.rows, by: 256) {
            let range = first..<min(first + 256, rows.rows)
            kernels.fill(range, into: block)
            for row in 0..<range.count {
                var sum = 0.0
                for index in 0..<map.width { sum += Double(block[row * map.width + index]) * slopes[index] }
                moments.add(sum)
            }
        }
        return moments
    }
}

/// The decomposition of the centres' kernels, made when it is first needed: an idle monitor does without.
private final class DifferenceCache: Sendable {
    private let made = Mutex<DensityDifference?>(nil)

    func value(_ make: () throws -> DensityDifference) throws -> DensityDifference {
        if let value = made.withLock({ $0 }) { return value }
        let value = try make()
        made.withLock { $0 = value }
        return value
    }
}
