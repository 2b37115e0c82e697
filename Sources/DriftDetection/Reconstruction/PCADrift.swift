import LinearAlgebra
package import Methods
import Statistics
package import Tensors

/// Whether window rows lie further from the principal components of the reference than calibration rows do, or nearer.
///
/// The components are learned from the `features` part, standardised, as many as explain `n_components` of the variance.
/// The statistic is the magnitude of the difference between the mean reconstruction errors, Euclidean and in standard
/// deviations, of window and calibration rows; the p-value comes from permutations of the errors, never 0. It sees changes
/// of how columns go together, not of where rows lie along the components. Rows with NaN or infinities are left out and
/// counted; constant columns count for nothing where they stay constant. Where rows depend on those before them, blocks of
/// rows or the window as a whole change places, see ``PermutationScheme``.
///
/// - Complexity: O(*m d k* + *P m*) for *k* components.
///
/// Source: NannyML's data reconstruction; S. Rabanser et al. (2019), arXiv:1810.11953, for components as features.
package struct PCADrift: WindowTest {
    package var significance: Double { permutationTest.significance }
    package let largestEffect = Double.infinity

    private let scaling: Scaling
    private let components: Tensor<Float>  // [k, d]
    private let calibration: [Double]
    private let deviation: Double
    private let permutationTest: PermutationTest

    /// Restores a test.
    ///
    /// - Parameter calibration: The errors of calibration rows.
    /// - Throws: `.invalidConfiguration` for keys that do not go together.
    init(scaling: Scaling, components: Tensor<Float>, calibration: [Double], parameters: Parameters) throws(MethodError)
    {
        self.scaling = scaling
        self.components = components
        self.calibration = calibration
        let deviation = Moments(calibration).standardDeviation
        self.deviation = deviation > 0 ? deviation : 1
        permutationTest = try PermutationTest(
            parameters,
            reference: Tensor(vector: calibration.map { Float($0) }).withShape([calibration.count, 1])
        )
    }

    package func smallestPValue(rows: Int) -> Double {
        permutationTest.smallestPValue(reference: calibration.count, window: rows)
    }

    /// The Euclidean distance of each row from its reconstruction, in standard deviations.
    static func errors(_ rows: Tensor<Float>, _ scaling: Scaling, _ components: Tensor<Float>) throws -> [Double] {
        let scaled = scaling.scaled(rows.withShape([rows.rows, rows.elementsPerRow]))
        let codes = try BLAS.matmul(scaled, components, .plain, .transposed)
        let reconstructed = try BLAS.matmul(codes, components)
        return try Elementwise.squaredDistanceRows(scaled, reconstructed).map { $0.squareRoot() }
    }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let width = components.elementsPerRow
        let window = try rows.comparable(with: Tensor(shape: [0, width], repeating: 0), atLeast: 1, "PCADrift")
        let errors = try Self.errors(window, scaling, components)
        let pooled = calibration + errors
        let total = pooled.reduce(0, +)
        let (n, m) = (Double(calibration.count), Double(errors.count))
        func difference(_ sum: Double) -> Double { sum / m - (total - sum) / n }
        let observed = difference(errors.reduce(0, +))
        let scale = total / (n + m)
        let outcome = try permutationTest.run(
            permutationTest.permutations(reference: calibration.count, window: errors.count, seed: seed),
            level: level,
            rounding: { 1e-9 * max(abs($0), scale) }
        ) { null, count, withObserved in
            var statistics = withObserved ? [abs(observed)] : []
            for _ in 0..<count {
                var sum = 0.0
                null.forEachRowOfNext { sum += pooled[$0] }
                statistics.append(abs(difference(sum)))
            }
            return statistics
        }
        let windowVariance = errors.count > 1 ? Moments(errors).variance : deviation * deviation
        let margin = 1.959964 * (windowVariance / m + deviation * deviation / n).squareRoot()
        let size = abs(observed)
        let effect = Effect(
            name: "reconstruction_error",
            value: size / deviation,
            low: max(0, size - margin) / deviation,
            high: (size + margin) / deviation
        )
        var result = outcome.result(
            significance: significance,
            effect: effect,
            excludedRows: rows.rows - window.rows
        )
        result.details = permutationTest.scheme.details
        result.details["reconstruction_error"] = [errors.reduce(0, +) / m, calibration.reduce(0, +) / n]
        if permutationTest.scheme == .rows {
            result.detectable = DetectableEffect("reconstruction_error", level: level) {
                DetectableChange.meanShift(n: calibration.count, m: errors.count, level: level, power: $0)
            }
        }
        return result
    }
}
