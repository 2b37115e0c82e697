public import Tensors

extension Network {
    /// The names and shapes of the weights, in the order of the layers.
    public var weightShapes: [(name: String, shape: [Int])] {
        plan.flatMap(\.allWeights).map { ($0.name, $0.shape) }
    }

    /// No network has more weights than fit into so many bytes.
    public static let mostWeightBytes = Layer.largestRow * MemoryLayout<Float>.stride

    /// The number of weights, running averages included.
    public var weightCount: Int { buffer.count }

    /// The number of weights that training moves.
    public var trainedWeightCount: Int {
        plan.flatMap(\.allWeights).filter(\.isTrained).reduce(0) { $0 + $1.count }
    }

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
    /// A block of every slot's values, taken from the tensor of its name; nothing is allocated before all fit.
    ///
    /// - Throws: `.invalidWeights` naming the weight that is missing, misshapen, not finite or superfluous.
    convenience init(_ slots: [WeightSlot], from weights: [String: Tensor<Float>]) throws(NeuralNetworkError) {
        var tensors: [Tensor<Float>] = []
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
            tensors.append(tensor)
        }
        if let foreign = Set(weights.keys).subtracting(slots.map(\.name)).min() {
            throw Self.invalid("the weight \(foreign) belongs to no layer")
        }
        self.init(count: slots.reduce(0) { $0 + $1.count })
        for (slot, tensor) in zip(slots, tensors) { tensor.copy(to: base + slot.offset) }
    }

    private static func invalid(_ message: String) -> NeuralNetworkError {
        NeuralNetworkError(.invalidWeights, message, remedy: "Use the weights that were saved with these layers")
    }
}
