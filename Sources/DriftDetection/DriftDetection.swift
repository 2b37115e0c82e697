package import Methods

/// The drift tests of this room, for a ``MethodCatalog``.
package enum DriftDetection {
    /// One factory for each method.
    package static let factories: [any MethodFactory] =
        [
            KSDriftFactory(), MMDDriftFactory(), LSDDDriftFactory(), ClassifierDriftFactory(),
            SpotTheDiffDriftFactory(),
            PCADriftFactory(), ClassifierUncertaintyDriftFactory(), RegressorUncertaintyDriftFactory(),
        ] + StreamDetectors.factories
        + [
            ConformalFactory.martingale, ConformalFactory.detector, BettingDriftFactory(), BettingMMDDriftFactory(),
            MMDDriftOnlineFactory(),
        ]
}
