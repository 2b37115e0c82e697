package import Prediction
package import Tensors

/// What the model answers to the rows.
///
/// Asked only offline: in a service the outputs come with the response event, and no model is needed.
package struct ModelOutput: Preprocessor {
    private let model: (any Predictor)?

    /// Creates the step; without a model it can only be fed from responses.
    package init(model: (any Predictor)?) { self.model = model }

    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        guard let model else {
            throw MethodError(
                .modelRequired,
                "the monitor compares the model's outputs and was given inputs without the model",
                remedy: "Give the model with --model, or the rows that it answered"
            )
        }
        return try model.predict(rows)
    }
}

/// The activations of one layer of the model.
package struct HiddenLayer: Preprocessor {
    private let model: any HiddenLayerPredictor
    private let layer: String

    /// Creates the step.
    ///
    /// - Parameter layer: The layer's name; nil takes the last but one, whose activations the output layer reads.
    /// - Throws: `.invalidConfiguration` when the model has no such layer, listing the ones that it has.
    package init(model: any HiddenLayerPredictor, layer: String?) throws(MethodError) {
        let layers = model.layers
        guard let layer = layer ?? layers.dropLast().last, layers.contains(layer) else {
            throw MethodError(
                .invalidConfiguration,
                "the model has no layer \(layer ?? "before its output")",
                remedy: "Layers: \(layers.joined(separator: ", "))"
            )
        }
        self.model = model
        self.layer = layer
    }

    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        try model.activations(of: layer, at: rows)
    }
}
