package import Prediction

/// A library whose model files can be read.
package enum TreeModelFile: String, Sendable, CaseIterable {
    /// JSON or UBJSON.
    case xgboost
    /// Text.
    case lightgbm
    /// What `scripts/export/scikit_learn.py` writes.
    case scikitLearn = "scikit-learn"

    /// No larger file is read: 1 GiB, from which at most about 24 become.
    static let mostBytes = 1 << 30

    /// The usual name of the file in a model folder.
    var usualName: String {
        switch self {
        case .xgboost: "model.ubj"
        case .lightgbm: "model.txt"
        case .scikitLearn: "model.safetensors"
        }
    }

    /// Reads a model from the bytes of its file.
    ///
    /// - Parameters:
    ///   - rounds: How many rounds of boosting answer; scikit-learn's models have theirs all.
    ///   - name: What the model is called.
    ///   - version: Its version.
    ///   - schema: What it takes and gives; nil for one tensor `input` and one `output`.
    /// - Throws: `.invalidModel` by field.
    package func predictor(
        _ bytes: [UInt8],
        rounds: BoostingRounds = .best,
        name: String,
        version: String,
        schema: ModelSchema? = nil
    ) throws(PredictionError) -> any Predictor {
        let model = try model(bytes, rounds: rounds)
        let schema = schema ?? model.usualSchema
        return try model.predictor(
            ModelDescription(name: name, version: version, inputs: schema.inputs, outputs: schema.outputs)
        )
    }

    private func model(_ bytes: [UInt8], rounds: BoostingRounds) throws(PredictionError) -> ForeignModel {
        try bytes.withUnsafeBufferPointer { buffer throws(PredictionError) in
            switch self {
            case .xgboost: try XGBoostFile.model(UnsafeRawBufferPointer(buffer), rounds: rounds)
            case .lightgbm: try LightGBMFile.model(UnsafeRawBufferPointer(buffer), rounds: rounds)
            case .scikitLearn: try ScikitLearnFile.model(bytes)
            }
        }
    }
}
