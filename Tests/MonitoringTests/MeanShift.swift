import Foundation
import JSON
import Methods
import Prediction
import Tensors

/// A method that a test can follow by hand: is the mean of all features of the window still 0, if each is normal with
/// standard deviation 1? It is fitted and loaded like any other.
struct MeanShift: WindowTest {
    let significance: Double
    let largestEffect = 1e9
    let takesMissingValues: Bool
    /// The smallest p-value that it answers with, as a permutation test has one.
    let floor: Double
    let width: Int

    func smallestPValue(rows: Int) -> Double { floor }

    func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        guard rows.elementsPerRow == width else {
            throw MethodError(.shapeMismatch, "\(rows.elementsPerRow) features", remedy: "Give \(width)")
        }
        let finite = rows.elements.filter(\.isFinite).map(Double.init)
        let mean = finite.reduce(0, +) / Double(max(1, finite.count))
        let z = abs(mean) * Double(finite.count).squareRoot()
        let pValue = max(floor, erfc(z / 2.0.squareRoot()))
        return WindowResult(
            isDrift: pValue <= significance,
            pValue: pValue,
            pValues: [pValue],
            distances: [z],
            threshold: significance,
            effect: Effect(name: "mean_shift", value: abs(mean), low: 0, high: abs(mean) * 2),
            features: [FeatureResult(name: "0", statistic: z, pValue: pValue, effect: abs(mean))],
            jointly: false
        )
    }
}

struct MeanShiftFactory: MethodFactory {
    let name = "MeanShift"
    let parameters = [
        Parameter("p_val", .number(0...1), default: 0.05, "The significance."),
        Parameter("floor", .number(0...1), default: 1e-300, "The smallest p-value."),
        Parameter("by_column", .flag, default: true, "Whether rows with missing values may enter."),
    ]
    let parts: Set<SplitPart> = [.reference]
    let requiresModel = false

    func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        ArtefactContents(arrays: ["x_ref": AnyTensor(try material.rows(of: .reference, atLeast: 1))])
    }

    func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        return .window(
            MeanShift(
                significance: parameters.number("p_val"),
                takesMissingValues: parameters.flag("by_column"),
                floor: parameters.number("floor"),
                width: try artefact.array("x_ref").shape.dropFirst().reduce(1, *)
            )
        )
    }
}

/// Flags a row whose first value is above 3.
struct Ceiling: InstanceScorer {
    let threshold = 3.0
    let promisedRate = 0.05

    func score(_ rows: Tensor<Float>) throws -> InstanceResult {
        let scores = (0..<rows.rows).map { Double(rows[row: $0].elements[0]) }
        return InstanceResult(
            scores: scores,
            pValues: scores.map { $0 > threshold ? 0.01 : 0.5 },
            isOutlier: scores.map { $0 > threshold }
        )
    }
}

struct CeilingFactory: MethodFactory {
    let name = "Ceiling"
    let parameters: [Parameter] = []
    let parts: Set<SplitPart> = [.calibration]
    let requiresModel = false

    func fit(_ material: FittingMaterial) throws -> ArtefactContents { ArtefactContents() }
    func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod { .instance(Ceiling()) }
}
