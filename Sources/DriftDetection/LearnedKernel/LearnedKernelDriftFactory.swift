import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `LearnedKernelDrift`: keeps the reference, for the kernel is learned at each window.
package struct LearnedKernelDriftFactory: MethodFactory {
    package let name = "LearnedKernelDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        PermutationTest.parameters() + [
            Parameter("train_size", .number(0.05...0.95), default: 0.5, "The share of rows that are learned from."),
            Parameter(
                "max_reference_rows",
                .integer(8...100_000),
                default: 5_000,
                "Reference rows that take part in a test, at most."
            ),
            Parameter(
                "hidden",
                .integers(1...4096),
                "Units of the layers of φ, the last its output; [32, 16] where absent."
            ),
            Parameter(
                "eps",
                .number(0...1),
                "The share of the kernel of the rows themselves; learned where absent."
            ),
            Parameter("var_reg", .number(1e-12...1), default: 1e-5, "What is added to the variance."),
            Parameter("epochs", .integer(1...10_000), default: 30, "Passes over the smaller sample."),
            Parameter("batch_size", .integer(2...4096), default: 32, "Rows of each sample in a step."),
            Parameter("learning_rate", .number(1e-9...1), default: 0.005, "Adam's step size."),
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: LearnedKernelDrift.leastRows)
        return ArtefactContents(arrays: ["x_ref": AnyTensor(reference)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        .window(
            try LearnedKernelDrift(
                reference: artefact.floats("x_ref"),
                parameters: artefact.configuration.parameters
            )
        )
    }
}
