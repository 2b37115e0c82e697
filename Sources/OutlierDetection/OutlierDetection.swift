package import Methods

/// The outlier scores of this room, for a ``MethodCatalog``.
package enum OutlierDetection {
    /// One factory for each method.
    package static let factories: [any MethodFactory] = [OutlierAEFactory()]
}
