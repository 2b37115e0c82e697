import JSON
import Methods
import Prediction
import Tensors

/// The smallest methods that the contracts of this room can be tested with: how far a row's mean, or a window's, is
/// from the reference's.
struct RowMeanFactory: MethodFactory {
    let name: String
    let parts: Set<SplitPart>
    let requiresModel = false
    let parameters = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level."),
        Parameter("smallest", .number(0...1), default: 0.0001, "The smallest p-value that a window can get."),
    ]

    static let catalog = MethodCatalog([
        RowMeanFactory(name: "WindowMean", parts: [.reference]),
        RowMeanFactory(name: "RowMean", parts: [.features, .calibration]),
    ])

    func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        var arrays: [String: AnyTensor] = [:]
        for part in parts { arrays[part.rawValue] = AnyTensor(try material.rows(of: part, atLeast: 1)) }
        return ArtefactContents(arrays: arrays)
    }

    func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        guard parts == [.reference] else {
            let scores = RowMean.means(try artefact.floats("calibration"))
            return .instance(
                RowMean(calibration: try ConformalCalibration(scores: scores, rate: parameters.number("p_val")))
            )
        }
        return .window(WindowMean(significance: parameters.number("p_val"), smallest: parameters.number("smallest")))
    }
}

private struct RowMean: InstanceScorer {
    let calibration: ConformalCalibration
    var threshold: Double { calibration.threshold }
    var promisedRate: Double { calibration.rate }

    func score(_ rows: Tensor<Float>) -> InstanceResult {
        let scores = Self.means(rows)
        let verdicts = calibration.verdicts(scores)
        return InstanceResult(scores: scores, pValues: verdicts.pValues, isOutlier: verdicts.flags)
    }

    static func means(_ rows: Tensor<Float>) -> [Double] {
        (0..<rows.rows).map { rows[row: $0].elements.reduce(0) { $0 + Double($1) } / Double(rows.elementsPerRow) }
    }
}

private struct WindowMean: WindowTest {
    let significance: Double
    let smallest: Double
    let largestEffect = 1.0
    func smallestPValue(rows: Int) -> Double { smallest }

    func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) -> WindowResult {
        let mean = RowMean.means(rows).reduce(0, +) / Double(rows.rows)
        let effect = Effect(name: "mean", value: mean, low: mean, high: mean)
        return WindowResult(
            isDrift: false,
            pValue: 1,
            pValues: [1],
            distances: [mean],
            threshold: 0.05,
            effect: effect,
            jointly: true
        )
    }
}
