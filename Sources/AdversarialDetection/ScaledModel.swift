import Methods
import NeuralNetworks
import Prediction
import Tensors

/// A model as a step of a training that works on scaled rows: scales back, asks the model, and carries gradients back
/// to the scaled rows.
struct ScaledModel: DifferentiableMapping {
    let model: any DifferentiablePredictor
    let scaling: Scaling
    let outputs: Int

    var outputShape: [Int] { [outputs] }

    func callAsFunction(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        try model.predict(scaling.unscaled(batch))
    }

    func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws -> Tensor<Float> {
        scaling.pulledBack(try model.pullback(weights, at: scaling.unscaled(batch)))
    }
}
