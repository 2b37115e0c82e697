package import Tensors

/// What a fitted method wants kept in its folder, beside `config.toml` and `manifest.json`.
package struct ArtefactContents: Sendable {
    /// Arrays by file name without `.npy`.
    package var arrays: [String: AnyTensor]
    /// Weights by file name without `.safetensors`, then by tensor name.
    package var weights: [String: [String: AnyTensor]]

    /// Creates contents; the names become file names, so they are plain: letters, digits, `_` and `-`.
    package init(arrays: [String: AnyTensor] = [:], weights: [String: [String: AnyTensor]] = [:]) {
        self.arrays = arrays
        self.weights = weights
    }

    /// Adds what another step wants kept.
    ///
    /// - Precondition: No name is taken twice.
    package mutating func merge(_ other: ArtefactContents) {
        arrays.merge(other.arrays) { _, _ in preconditionFailure("two steps keep an array of one name") }
        weights.merge(other.weights) { _, _ in preconditionFailure("two steps keep weights of one name") }
    }
}
