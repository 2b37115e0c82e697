package import Methods

/// The adversarial detectors of this room, for a ``MethodCatalog``.
package enum AdversarialDetection {
    /// One factory for each method.
    package static let factories: [any MethodFactory] = [AdversarialAEFactory()]
}
