package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores a detector on a stream of one column.
///
/// All but ``CUSUM`` learn from the stream alone: their folder holds no array, and reference rows only say how wide a
/// row is.
package struct StreamDetectorFactory: MethodFactory {
    package let name: String
    package let parameters: [Parameter]
    package let requiresModel = false
    private let usesReference: Bool
    private let make:
        @Sendable (_ parameters: Parameters, _ seed: UInt64, _ reference: Moments) throws(MethodError)
            -> any SequentialTest

    init(
        _ name: String,
        usesReference: Bool = false,
        _ parameters: [Parameter],
        make:
            @escaping @Sendable (_ parameters: Parameters, _ seed: UInt64, _ reference: Moments) throws(MethodError) ->
            any SequentialTest
    ) {
        self.name = name
        self.usesReference = usesReference
        self.parameters = parameters
        self.make = make
    }

    package var parts: Set<SplitPart> { usesReference ? [.reference] : [] }

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        guard usesReference else { return ArtefactContents() }
        let rows = try material.rows(of: .reference, atLeast: 2)
        guard rows.elementsPerRow == 1 else { throw MethodError.width(rows.elementsPerRow, expected: 1, name) }
        try rows.requireFinite(name)
        let moments = Moments(rows.elements.lazy.map(Double.init))
        guard moments.standardDeviation > 0 else {
            throw MethodError(
                .nonFiniteValue,
                "all \(rows.rows) reference values are \(moments.mean), so nothing says what a deviation is",
                remedy: "Give a reference that varies as the stream does"
            )
        }
        return ArtefactContents(arrays: ["x_ref": AnyTensor(rows)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let width = artefact.featureShape.reduce(1, *)
        guard width == 1 else { throw MethodError.width(width, expected: 1, name) }
        let reference = usesReference ? try artefact.floats("x_ref").elements.map(Double.init) : []
        let configuration = artefact.configuration
        return .sequential(try make(configuration.parameters, configuration.seed, Moments(reference)))
    }
}
