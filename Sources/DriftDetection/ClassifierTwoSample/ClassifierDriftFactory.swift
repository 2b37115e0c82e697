import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `ClassifierDrift`: keeps the reference, for what is learned is learned at each window.
package struct ClassifierDriftFactory: MethodFactory {
    package let name = "ClassifierDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        ClassifierTest.parameters + [
            Parameter(
                "model",
                .choice(["boosted-trees", "logistic", "mlp"]),
                default: "boosted-trees",
                "What learns: 60 trees of depth 3, logistic regression, or a network with 32 hidden units."
            ),
            Parameter("epochs", .integer(1...10_000), default: 20, "Passes of a network over the rows."),
            Parameter("learning_rate", .number(1e-9...1), default: 0.005, "Adam's step size."),
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        ArtefactContents(arrays: ["x_ref": AnyTensor(try material.rows(of: .reference, atLeast: 4))])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(
            try ClassifierDrift(reference: artefact.floats("x_ref"), parameters: artefact.configuration.parameters)
        )
    }
}
