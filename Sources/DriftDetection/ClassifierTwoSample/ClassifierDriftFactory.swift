import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `ClassifierDrift`: keeps the reference, for what is learned is learned at each window.
package struct ClassifierDriftFactory: MethodFactory {
    package let name = "ClassifierDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    /// The keys of a test that divides its rows.
    static let divisionParameters: [Parameter] = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer."),
        Parameter(
            "binarize_preds",
            .flag,
            default: false,
            "Whether correct answers are counted, and not ranks of probabilities compared."
        ),
        Parameter("train_size", .number(0.05...0.95), default: 0.75, "The share of rows that are learned from."),
        Parameter(
            "n_folds",
            .integer(2...20),
            "Into how many parts rows are cut, each judged once; replaces train_size."
        ),
        Parameter(
            "max_reference_rows",
            .integer(4...100_000),
            default: 5_000,
            "Reference rows that take part in a test, at most."
        ),
        Parameter("batch_size", .integer(1...65_536), default: 32, "Rows a step."),
    ]

    package let parameters: [Parameter] =
        Self.divisionParameters + [
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
