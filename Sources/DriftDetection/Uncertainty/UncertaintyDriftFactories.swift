import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `ClassifierUncertaintyDrift`, a test of what `[preprocess] method = "model-output"` gives.
package struct ClassifierUncertaintyDriftFactory: MethodFactory {
    package let name = "ClassifierUncertaintyDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        ColumnMethods.kolmogorovSmirnov.parameters + [
            Parameter(
                "preds_type",
                .choice(["probs", "logits"]),
                default: "probs",
                "What the model answers."
            ),
            Parameter(
                "uncertainty_type",
                .choice(["entropy", "margin"]),
                default: "entropy",
                "Of the probabilities their entropy, or 1 less the difference of the two largest."
            ),
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        _ = try Self.uncertainty(material.configuration.parameters).ofAnswers(reference, name)
        return ArtefactContents(arrays: ["x_ref": AnyTensor(reference)])
    }

    private static func uncertainty(_ parameters: Parameters) -> Uncertainty {
        let fromLogits = parameters.text("preds_type") == "logits"
        return parameters.text("uncertainty_type") == "margin"
            ? .margin(fromLogits: fromLogits) : .entropy(fromLogits: fromLogits)
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        return .window(
            try UncertaintyDrift(
                Self.uncertainty(parameters),
                reference: artefact.floats("x_ref"),
                parameters: parameters,
                name: name
            )
        )
    }
}

/// Fits and restores `RegressorUncertaintyDrift`, for models that answer with the predictions of an ensemble.
package struct RegressorUncertaintyDriftFactory: MethodFactory {
    package let name = "RegressorUncertaintyDrift"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters: [Parameter] =
        ColumnMethods.kolmogorovSmirnov.parameters + [
            Parameter(
                "uncertainty_type",
                .choice(["ensemble"]),
                default: "ensemble",
                "The standard deviation of an answer's values, the predictions of an ensemble."
            )
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let reference = try material.rows(of: .reference, atLeast: 2)
        _ = try Uncertainty.spread.ofAnswers(reference, name)
        return ArtefactContents(arrays: ["x_ref": AnyTensor(reference)])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        return .window(
            try UncertaintyDrift(.spread, reference: artefact.floats("x_ref"), parameters: parameters, name: name)
        )
    }
}
