import Tensors

/// Where the values of planned weights are found, whoever owns them.
protocol WeightValues: AnyObject, Sendable {
    /// The values of one weight; they stay there as long as this object.
    func values(of slot: WeightSlot) -> UnsafeMutablePointer<Float>
}

/// The weights of a network that only runs: each is read where its tensor has it, in memory of our own or in a mapped
/// file, and nothing is copied.
///
/// `@unchecked Sendable`: nothing writes through the pointers. Only a trainer writes to weights, and it makes a
/// `WeightBuffer` of its own.
final class NetworkWeights: WeightValues, @unchecked Sendable {
    /// The tensors, in the order of their slots; they keep the memory.
    private let tensors: [Tensor<Float>]
    private let places: [Int: UnsafeMutablePointer<Float>]

    /// Takes for every slot the tensor of its name.
    ///
    /// - Throws: `.invalidWeights` naming the weight that is missing, misshapen, not finite or superfluous.
    /// - Complexity: Reads every value once.
    init(_ slots: [WeightSlot], from weights: [String: Tensor<Float>]) throws(NeuralNetworkError) {
        var tensors: [Tensor<Float>] = []
        var places: [Int: UnsafeMutablePointer<Float>] = [:]
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
            places[slot.offset] = UnsafeMutablePointer(mutating: tensor.address)
        }
        if let foreign = Set(weights.keys).subtracting(slots.map(\.name)).min() {
            throw Self.invalid("the weight \(foreign) belongs to no layer")
        }
        self.tensors = tensors
        self.places = places
    }

    func values(of slot: WeightSlot) -> UnsafeMutablePointer<Float> {
        guard let place = places[slot.offset] else { preconditionFailure("\(slot.name) is a weight of another plan") }
        return place
    }

    private static func invalid(_ message: String) -> NeuralNetworkError {
        NeuralNetworkError(.invalidWeights, message, remedy: "Use the weights that were saved with these layers")
    }
}
