import Prediction

extension MarginTransform {
    /// What an objective of LightGBM makes of margins.
    ///
    /// - Parameter text: The header's `objective`, such as `binary sigmoid:1`; nil for a model with one of its maker's,
    ///   whose margins are the outputs.
    /// - Throws: `.invalidModel` for an objective that is not known, since its outputs cannot be.
    ///
    /// Source: `ConvertOutput` of src/objective, release 4.6.
    init(lightGBM text: String?, outputs: Int) throws(PredictionError) {
        let parts = (text ?? "custom").split(separator: " ").map(String.init)
        var slope = 1.0
        for part in parts where part.hasPrefix("sigmoid:") {
            guard let number = Double(part.dropFirst(8)), number.isFinite, number > 0 else {
                throw .invalidModel("the header's objective has \(part.prefix(40))")
            }
            slope = number
        }
        switch parts.first ?? "custom" {
        case "binary": self = .binary(slope: slope)
        case "multiclass": self = .softmax
        case "multiclassova": self = .logistic(slope: slope)
        case "cross_entropy": self = .logistic(slope: 1)
        case "cross_entropy_lambda": self = .softplus
        case "poisson", "gamma", "tweedie": self = .exponential
        case "regression" where parts.contains("sqrt"): self = .signedSquare
        case "regression_l1" where parts.contains("sqrt"), "quantile" where parts.contains("sqrt"),
            "mape" where parts.contains("sqrt"), "fair" where parts.contains("sqrt"):
            self = .signedSquare
        case "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg", "custom",
            "none":
            self = .identity
        case let name:
            throw .invalidModel(
                "the header's objective is \(name.prefix(64)), which is not known",
                remedy: "Train with one of LightGBM's own objectives, or export the model to ONNX"
            )
        }
    }
}
