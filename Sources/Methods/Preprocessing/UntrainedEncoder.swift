import NeuralNetworks
import Statistics
package import Tensors

/// A small dense encoder whose weights stay as they were drawn: a random map to fewer features that no row shaped.
///
/// Three dense layers with rectifiers between them, whose widths fall in equal steps from the input to the code.
///
/// Source: S. Rabanser, S. Günnemann and Z. Lipton (2019), "Failing loudly", arXiv:1810.11953, method UAE.
package struct UntrainedEncoder: Preprocessor {
    private let network: Network

    /// Draws the weights.
    ///
    /// - Parameters:
    ///   - rowShape: The shape of one row.
    ///   - codeSize: Features.
    /// - Throws: `NeuralNetworkError` when the sizes cannot be.
    package init(rowShape: [Int], codeSize: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed).split(stream: 1)
        network = try Network(
            inputShape: rowShape,
            layers: Self.layers(rowShape, codeSize),
            using: &generator
        )
    }

    init(_ artefact: Artefact, rowShape: [Int], codeSize: Int) throws {
        var weights: [String: Tensor<Float>] = [:]
        for (name, tensor) in try artefact.weights("preprocess") { weights[name] = try tensor.converted() }
        do {
            network = try Network(inputShape: rowShape, layers: Self.layers(rowShape, codeSize), weights: weights)
        } catch {
            throw MethodError.artefact("preprocess.safetensors", "\(error)", cause: error)
        }
    }

    var contents: ArtefactContents {
        ArtefactContents(weights: ["preprocess": network.weights.mapValues { AnyTensor($0) }])
    }

    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> { try network(rows) }

    private static func layers(_ rowShape: [Int], _ codeSize: Int) -> [Layer] {
        let step = max(0, (rowShape.reduce(1, *) - codeSize) / 3)
        return [
            .flatten, .dense(units: codeSize + 2 * step), .relu, .dense(units: codeSize + step), .relu,
            .dense(units: codeSize),
        ]
    }
}
