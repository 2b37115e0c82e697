package import Methods

/// The drift tests of this room, for a ``MethodCatalog``.
package enum DriftDetection {
    /// One factory for each method.
    package static let factories: [any MethodFactory] =
        ColumnMethods.factories
        + [
            MMDDriftFactory(), LSDDDriftFactory(), ClassifierDriftFactory(),
            SpotTheDiffDriftFactory(), LearnedKernelDriftFactory(),
            ContextMMDDriftFactory(),
            PCADriftFactory(), ClassifierUncertaintyDriftFactory(), RegressorUncertaintyDriftFactory(),
        ] + StreamDetectors.factories
        + [
            ConformalFactory.martingale, ConformalFactory.detector, BettingDriftFactory(), BettingMMDDriftFactory(),
            MMDDriftOnlineFactory(), LSDDDriftOnlineFactory(), ColumnwiseOnlineFactory.cramerVonMises,
            ColumnwiseOnlineFactory.fisher,
        ]

    /// The factory of a method that tests each column, by its name.
    package static func columns(_ name: String) -> ColumnMethodFactory? {
        ColumnMethods.factories.first { $0.name == name }
    }
}
