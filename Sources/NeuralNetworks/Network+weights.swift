public import Tensors

extension Network {
    /// The names and shapes of the weights, in the order of the layers.
    public var weightShapes: [(name: String, shape: [Int])] {
        plan.flatMap(\.allWeights).map { ($0.name, $0.shape) }
    }

    /// The number of weights, running averages included.
    public var weightCount: Int { buffer.count }

    /// A copy of the weights by name.
    public var weights: [String: Tensor<Float>] {
        var weights: [String: Tensor<Float>] = [:]
        for slot in plan.flatMap(\.allWeights) {
            weights[slot.name] = Tensor(copying: buffer.base + slot.offset, shape: slot.shape)
        }
        return weights
    }
}

extension WeightBuffer {
    /// Takes every slot's values from the tensor of its name.
    ///
    /// - Throws: `.invalidWeights` naming the weight that is missing, misshapen, not finite or superfluous.
    func fill(_ slots: [WeightSlot], from weights: [String: Tensor<Float>]) throws(NeuralNetworkError) {
        for slot in slots {
            guard let tensor = weights[slot.name] else {
                throw Self.invalid("the weight \(slot.name) \(slot.shape) is missing")
            }
            guard tensor.shape == slot.shape else {
                throw Self.invalid("the weight \(slot.name) has the shape \(tensor.shape) in place of \(slot.shape)")
            }
            guard tensor.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else {
                throw Self.invalid("the weight \(slot.name) holds NaN or an infinity")
            }
            tensor.copy(to: base + slot.offset)
        }
        if let foreign = Set(weights.keys).subtracting(slots.map(\.name)).min() {
            throw Self.invalid("the weight \(foreign) belongs to no layer")
        }
    }

    private static func invalid(_ message: String) -> NeuralNetworkError {
        NeuralNetworkError(.invalidWeights, message, remedy: "Use the weights that were saved with these layers")
    }
}
