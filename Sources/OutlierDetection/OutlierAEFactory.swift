import JSON
package import Methods
package import Prediction
import Tensors

/// Fits and restores `OutlierAE`.
package struct OutlierAEFactory: MethodFactory {
    package let name = "OutlierAE"
    package let parts: Set<SplitPart> = [.features, .calibration]
    package let requiresModel = false

    /// The rate of a configuration that promises none.
    static let standardRate = 0.01

    package let parameters: [Parameter] =
        Parameters.promisedRate(default: OutlierAEFactory.standardRate)
        + [
            Parameter(
                "outlier_perc",
                .number(1...100),
                default: 100,
                "Share of a row's values, the worst first, whose mean error is its score."
            ),
            AutoencoderSettings.codeParameter,
        ]
        + AutoencoderSettings.parameters

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let parameters = material.configuration.parameters
        let training = try material.rows(of: .features, atLeast: 2)
        let calibration = try material.rows(of: .calibration, atLeast: 1)
        try training.requireFinite("OutlierAE")
        try calibration.requireFinite("OutlierAE")
        let autoencoder = try Autoencoder(
            AutoencoderSettings(parameters),
            trainedOn: training,
            seed: material.configuration.seed,
            progress: material.progress
        )
        let scores = OutlierAE.scores(
            errors: try autoencoder.squaredErrors(of: calibration),
            worstShare: parameters.number("outlier_perc") / 100
        )
        return ArtefactContents(
            arrays: ["calibration": AnyTensor(try Tensor(shape: [scores.count], elements: scores))],
            weights: ["autoencoder": autoencoder.weights]
        )
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let parameters = artefact.configuration.parameters
        let weights = try artefact.weights("autoencoder")
        let scores = try artefact.doubles("calibration").elements
        return .instance(
            OutlierAE(
                autoencoder: try Autoencoder(
                    AutoencoderSettings(parameters),
                    rowShape: artefact.featureShape,
                    weights: weights
                ),
                calibration: try ConformalCalibration(
                    scores: scores,
                    rate: parameters.promisedRate(default: Self.standardRate)
                ),
                worstShare: parameters.number("outlier_perc") / 100
            )
        )
    }
}
