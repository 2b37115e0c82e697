import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `SpotTheDiffDrift`.
package struct SpotTheDiffDriftFactory: MethodFactory {
    package let name = "SpotTheDiffDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        ClassifierTest.parameters + [
            Parameter("n_diffs", .integer(1...64), default: 1, "Differences that are learned."),
            Parameter("l1_reg", .number(0...1_000), default: 0.01, "Weight of the differences' mean magnitude."),
            Parameter("epochs", .integer(1...10_000), default: 20, "Passes over the rows."),
            Parameter("learning_rate", .number(1e-9...1), default: 0.02, "Adam's step size, in standard deviations."),
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        ArtefactContents(arrays: ["x_ref": AnyTensor(try material.rows(of: .reference, atLeast: 4))])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(
            try SpotTheDiffDrift(reference: artefact.floats("x_ref"), parameters: artefact.configuration.parameters)
        )
    }
}
