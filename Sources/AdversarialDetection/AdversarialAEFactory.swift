import JSON
package import Methods
import NeuralNetworks
package import Prediction
import Tensors

/// Fits and restores `AdversarialAE`.
package struct AdversarialAEFactory: MethodFactory {
    package let name = "AdversarialAE"
    package let parts: Set<SplitPart> = [.features, .calibration]
    package let requiresModel = true

    /// The rate of a configuration that promises none: alibi-detect's `threshold_perc` of 99.
    static let standardRate = 0.01

    package let parameters: [Parameter] =
        Parameters.promisedRate(default: AdversarialAEFactory.standardRate)
        + [
            Parameter("temperature", .number(0.01...100), default: 1, "Softens both distributions, p^(1/T)."),
            Parameter("w_model", .number(0...1e6), default: 1, "Weight of the divergence while training."),
            Parameter("w_recon", .number(0...1e6), default: 0, "Weight of the reconstruction error while training."),
            Parameter("correct", .flag, default: false, "Whether verdicts carry the class after the defence."),
            AutoencoderSettings.codeParameter,
        ]
        + AutoencoderSettings.parameters

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let parameters = material.configuration.parameters
        guard let model = material.model as? any DifferentiablePredictor else {
            throw MethodError(
                .modelRequired,
                "AdversarialAE trains through the model, and the model given has no gradients",
                remedy: "Give a native model's folder with --model; a fitted detector may then ask any copy of it"
            )
        }
        let weights = (model: Float(parameters.number("w_model")), recon: Float(parameters.number("w_recon")))
        guard weights.model + weights.recon > 0 else {
            throw MethodError(
                .invalidConfiguration,
                "w_model and w_recon are both 0",
                remedy: "Give one of them a weight; 1 and 0 are usual"
            )
        }
        let training = try material.rows(of: .features, atLeast: 2)
        let calibration = try material.rows(of: .calibration, atLeast: 1)
        try training.requireFinite("AdversarialAE")
        try calibration.requireFinite("AdversarialAE")

        let temperature = Float(parameters.number("temperature"))
        let answers = try model.predict(training)
        let autoencoder = try Autoencoder(
            AutoencoderSettings(parameters),
            trainedOn: training,
            objective: { scaling in
                let through = ScaledModel(model: model, scaling: scaling, outputs: answers.elementsPerRow)
                return .sum(
                    [
                        (weights.model, .divergence(through: through, temperature: temperature)),
                        (weights.recon, .reconstruction),
                    ].filter { $0.0 > 0 }
                )
            },
            targets: answers,
            seed: material.configuration.seed,
            progress: material.progress
        )
        let divergence = PredictionDivergence(model: model, autoencoder: autoencoder, temperature: Double(temperature))
        let scores = try divergence.compared(calibration).map(\.score)
        return ArtefactContents(
            arrays: ["calibration": AnyTensor(try Tensor(shape: [scores.count], elements: scores))],
            weights: ["autoencoder": autoencoder.weights]
        )
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        guard let model else {
            throw MethodError(
                .modelRequired,
                "AdversarialAE asks the model about every row",
                remedy: "Name the model's folder or URL in models.toml, or give it with --model"
            )
        }
        let scores = try artefact.doubles("calibration").elements
        return .instance(
            AdversarialAE(
                divergence: PredictionDivergence(
                    model: model,
                    autoencoder: try Autoencoder(
                        AutoencoderSettings(parameters),
                        rowShape: artefact.featureShape,
                        weights: artefact.weights("autoencoder")
                    ),
                    temperature: parameters.number("temperature")
                ),
                calibration: try ConformalCalibration(
                    scores: scores,
                    rate: parameters.promisedRate(default: Self.standardRate)
                ),
                corrects: parameters.flag("correct")
            )
        )
    }
}
