import NeuralNetworks
import Synchronization
import Tensors

/// The networks of models that are in use, so that a model that is opened again shares the one that is there: its
/// weights, and the buffers that it runs in.
///
/// Networks never change, so nobody notices. They are compared by layers and by every bit of their weights, and forgotten
/// with their last model.
final class OpenNetworks: Sendable {
    static let shared = OpenNetworks()

    private struct Entry {
        weak var network: Network?
    }

    private let entries = Mutex<[Entry]>([])

    /// A network of these layers with these weights, an open one or a new one.
    ///
    /// - Throws: As `Network.init`.
    /// - Complexity: Reads the weights twice.
    func network(
        inputShape: [Int],
        layers: [Layer],
        weights: [String: Tensor<Float>]
    ) throws(NeuralNetworkError) -> Network {
        let alike = entries.withLock { entries in
            entries.removeAll { $0.network == nil }
            return entries.compactMap(\.network).filter { $0.inputShape == inputShape && $0.layers == layers }
        }
        if let open = alike.first(where: { $0.hasWeights(weights) }) { return open }
        let network = try Network(inputShape: inputShape, layers: layers, weights: weights)
        entries.withLock { $0.append(Entry(network: network)) }
        return network
    }
}
