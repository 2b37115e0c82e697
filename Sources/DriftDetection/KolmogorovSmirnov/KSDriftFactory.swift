import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `KSDrift`.
package struct KSDriftFactory: MethodFactory {
    package let name = "KSDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] = [
        Parameter("p_val", .number(0...1), default: 0.05, "Level of the test's own answer, for all columns together."),
        Parameter(
            "correction",
            .choice(["bonferroni", "fdr"]),
            default: "bonferroni",
            "How the columns share the level: each gets its share, or Benjamini and Hochberg's steps."
        ),
        Parameter(
            "alternative",
            .choice(["two-sided", "less", "greater"]),
            default: "two-sided",
            "Which difference counts; less and greater speak of the reference's distribution function."
        ),
        Parameter(
            "mode",
            .choice(["asymp", "auto", "exact"]),
            default: "asymp",
            "How a p-value is computed, by scipy's names; exact costs reference × window steps a column."
        ),
    ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        return ArtefactContents(arrays: ["x_ref": AnyTensor(reference)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(try KSDrift(reference: artefact.floats("x_ref"), parameters: artefact.configuration.parameters))
    }
}
