import Prediction
import Tensors

/// Makes preprocess steps: by fitting on the `features` part, or from a monitor's folder.
enum Preprocessors {
    /// A fitted step and what its folder has to hold.
    struct Fitted {
        var preprocessor: any Preprocessor
        var contents: ArtefactContents
    }

    /// Fits the step of a configuration.
    ///
    /// - Parameters:
    ///   - rows: The `features` part, nil for steps that do not learn from rows.
    static func fit(
        _ configuration: MonitorConfiguration,
        rows: Tensor<Float>?,
        rowShape: [Int],
        model: (any Predictor)?,
        progress: @escaping FittingProgress
    ) throws -> Fitted {
        let parameters = configuration.preprocess.parameters
        switch configuration.preprocess.method {
        case .none, .modelOutput, .hiddenLayer:
            return Fitted(preprocessor: try stateless(configuration, model), contents: ArtefactContents())
        case .standardise:
            let step = try Standardiser(fittedTo: learning(from: rows, configuration))
            return Fitted(preprocessor: step, contents: step.contents)
        case .imageResize:
            let step = try imageResize(parameters, rowShape)
            return Fitted(preprocessor: step, contents: ArtefactContents())
        case .pca:
            let components = parameters.integer("n_components")
            let step = try PrincipalComponents(components, fittedTo: learning(from: rows, configuration))
            return Fitted(preprocessor: step, contents: step.contents)
        case .untrainedEncoder:
            let step = try UntrainedEncoder(
                rowShape: rowShape,
                codeSize: parameters.integer("enc_dim"),
                seed: configuration.seed
            )
            return Fitted(preprocessor: step, contents: step.contents)
        case .autoencoder:
            let autoencoder = try Autoencoder(
                AutoencoderSettings(parameters),
                trainedOn: learning(from: rows, configuration),
                seed: configuration.seed,
                progress: progress
            )
            return Fitted(
                preprocessor: autoencoder,
                contents: ArtefactContents(weights: ["preprocess": autoencoder.weights])
            )
        }
    }

    /// Restores the step of a monitor from its folder.
    static func load(_ artefact: Artefact, model: (any Predictor)?) throws -> any Preprocessor {
        let configuration = artefact.configuration
        let parameters = configuration.preprocess.parameters
        switch configuration.preprocess.method {
        case .none, .modelOutput, .hiddenLayer:
            return try stateless(configuration, model)
        case .standardise:
            return try Standardiser(artefact)
        case .imageResize:
            return try imageResize(parameters, artefact.manifest.rowShape)
        case .pca:
            return try PrincipalComponents(artefact)
        case .untrainedEncoder:
            return try UntrainedEncoder(
                artefact,
                rowShape: artefact.manifest.rowShape,
                codeSize: parameters.integer("enc_dim")
            )
        case .autoencoder:
            return try Autoencoder(
                AutoencoderSettings(parameters),
                rowShape: artefact.manifest.rowShape,
                weights: artefact.weights("preprocess"),
                file: "preprocess.safetensors"
            )
        }
    }

    private static func imageResize(_ parameters: Parameters, _ rowShape: [Int]) throws(MethodError) -> ImageResize {
        try ImageResize(
            rowShape: rowShape,
            height: parameters.integer("height"),
            width: parameters.integer("width")
        )
    }

    private static func stateless(
        _ configuration: MonitorConfiguration,
        _ model: (any Predictor)?
    ) throws(MethodError) -> any Preprocessor {
        switch configuration.preprocess.method {
        case .modelOutput:
            return ModelOutput(model: model)
        case .hiddenLayer:
            guard let model = model as? any HiddenLayerPredictor else {
                throw MethodError(
                    .modelRequired,
                    "hidden-layer needs a model that shows its layers",
                    remedy: "Give a native model with --model, or use preprocess method model-output"
                )
            }
            return try HiddenLayer(model: model, layer: configuration.preprocess.parameters.optionalText("layer"))
        default:
            return Identity()
        }
    }

    private static func learning(
        from rows: Tensor<Float>?,
        _ configuration: MonitorConfiguration
    ) throws(MethodError) -> Tensor<Float> {
        guard let rows, rows.rows >= 2 else {
            throw MethodError(
                .tooFewRows,
                "the features part has \(rows?.rows ?? 0) rows, \(configuration.preprocess.method.rawValue) needs 2",
                remedy: "Give more reference rows, or a larger share to features in [split]"
            )
        }
        try rows.requireFinite(configuration.preprocess.method.rawValue)
        return rows
    }
}
