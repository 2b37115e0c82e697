public import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Network {
    /// The names and shapes of the weights, in the order of the layers.
    public var weightShapes: [(name: String, shape: [Int])] { slots.map { ($0.name, $0.shape) } }

    /// No network has more weights than fit into so many bytes.
    public static let mostWeightBytes = Layer.largestRow * MemoryLayout<Float>.stride

    /// The number of weights, running averages included.
    public var weightCount: Int { slots.reduce(0) { $0 + $1.count } }

    /// The number of weights that training moves.
    public var trainedWeightCount: Int { slots.filter(\.isTrained).reduce(0) { $0 + $1.count } }

    /// A copy of the weights by name.
    public var weights: [String: Tensor<Float>] {
        var weights: [String: Tensor<Float>] = [:]
        for slot in slots { weights[slot.name] = Tensor(copying: values.values(of: slot), shape: slot.shape) }
        return weights
    }

    /// Whether these are the weights of this network, bit for bit.
    package func hasWeights(_ others: [String: Tensor<Float>]) -> Bool {
        guard others.count == slots.count else { return false }
        return slots.allSatisfy { slot in
            guard let other = others[slot.name], other.shape == slot.shape else { return false }
            let bytes = slot.count * MemoryLayout<Float>.stride
            return withExtendedLifetime(other) { memcmp(values.values(of: slot), $0.address, bytes) == 0 }
        }
    }

    /// The weights in a block of their own, as training takes them.
    func ownedWeights() -> WeightBuffer {
        let block = WeightBuffer(count: weightCount)
        for slot in slots { block.values(of: slot).update(from: values.values(of: slot), count: slot.count) }
        return block
    }

    private var slots: [WeightSlot] { plan.flatMap(\.allWeights) }
}
