public import Tensors

/// A model that turns a batch of inputs into a batch of outputs.
///
/// A predictor may be called from several threads at once.
public protocol Predictor: Sendable {
    /// What the model is, takes and gives.
    var model: ModelDescription { get }

    /// The model's outputs for each row.
    ///
    /// - Parameter batch: Inputs in the unit of the model's schema, shape `[n, …]`; `n` may be 0.
    /// - Returns: Shape `[n, outputs]`; for classifiers probabilities, each row summing to 1.
    /// - Throws: When rows do not have the model's input size, or the model cannot be reached.
    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float>
}

/// A predictor whose outputs can be differentiated with respect to its inputs.
public protocol DifferentiablePredictor: Predictor {
    /// The gradient of one output of each row.
    ///
    /// - Parameters:
    ///   - classes: For each row the index of its output.
    ///   - batch: Inputs, shape `[n, …]`.
    /// - Returns: `∂ output[classes[i]] of row i / ∂ input of row i`, the shape of `batch`, in output units per input
    ///   unit.
    func gradient(ofOutput classes: [Int], at batch: Tensor<Float>) throws -> Tensor<Float>

    /// The gradient of the cross-entropy between the outputs and labels, each row for itself (a sum, not a mean).
    ///
    /// - Parameter labels: For each row the index of its class.
    /// - Returns: `∂ (−log output[labels[i]]) / ∂ input of row i`, the shape of `batch`.
    func lossGradient(labels: [Int], at batch: Tensor<Float>) throws -> Tensor<Float>

    /// A weighted sum of the gradients of all outputs: the vector–Jacobian product, with which a loss computed from the
    /// outputs is carried back to the inputs.
    ///
    /// - Parameter weights: Shape `[n, outputs]`.
    /// - Returns: `Σ over c of weights[i, c] · ∂ output[c] / ∂ input of row i`, the shape of `batch`.
    func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws -> Tensor<Float>
}

extension DifferentiablePredictor {
    /// One gradient per output, weighted and summed; a model that can do it in one pass does.
    public func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws -> Tensor<Float> {
        guard weights.rows == batch.rows else {
            throw PredictionError(
                .shapeMismatch,
                "pullback: weights \(weights.shape) for a batch of \(batch.shape)",
                remedy: "Give one row of weights for each row of inputs"
            )
        }
        let outputs = weights.elementsPerRow
        var total = Tensor<Float>(shape: batch.shape, repeating: 0)
        for output in 0..<outputs {
            let classes = [Int](repeating: output, count: batch.rows)
            let gradient = try gradient(ofOutput: classes, at: batch)
            total.withUnsafeMutableBufferPointer { total in
                for row in 0..<batch.rows {
                    let weight = weights[row * outputs + output]
                    for index in row * batch.elementsPerRow..<(row + 1) * batch.elementsPerRow {
                        total[index] += weight * gradient[index]
                    }
                }
            }
        }
        return total
    }
}

/// A predictor that shows what its hidden layers compute.
public protocol HiddenLayerPredictor: Predictor {
    /// The names of the layers, first to last.
    var layers: [String] { get }

    /// What a layer computes for each row.
    ///
    /// - Parameter layer: One of `layers`.
    /// - Returns: Shape `[n, …]`, the layer's own shape after the rows.
    func activations(of layer: String, at batch: Tensor<Float>) throws -> Tensor<Float>
}
