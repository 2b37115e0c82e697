package import Methods
package import Monitoring
import Prediction
import ServiceKit
import Tensors

/// Makes a monitor that can run out of a verified artefact: finds its model and its schema.
package struct MonitorLoader: Sendable {
    private let kind: VerdictKind
    /// The methods of this process.
    package let catalog: MethodCatalog
    private let models: ModelLookup
    private let order: WindowConfiguration.Order

    /// - Parameter order: The order of rows in windows whose configuration leaves it open.
    package init(
        kind: VerdictKind,
        catalog: MethodCatalog,
        models: ModelLookup,
        order: WindowConfiguration.Order = .arrival
    ) {
        self.kind = kind
        self.catalog = catalog
        self.models = models
        self.order = order
    }

    /// Loads a monitor, and lets the memory go that reading its mapped files took.
    ///
    /// - Throws: `MethodError`, `MonitoringError` or `PredictionError`, each naming the file or the field.
    package func monitor(named name: String, from artefact: Artefact) throws -> Monitor {
        defer { artefact.releasePages() }
        let configuration = artefact.configuration
        let watched = configuration.monitor?.model
        let asked = configuration.preprocess.parameters.optionalText("model") ?? watched
        var model: (any Predictor)?
        if try catalog.requiresModel(configuration), let asked {
            model = try models.open(asked, version: artefact.manifest.modelVersion)
        }
        return try Monitor(
            name: name,
            kind: kind,
            fitted: try catalog.load(artefact, model: model),
            schema: try watched.flatMap { try models.schema(of: $0) },
            featureWidth: artefact.hasArray("x_ref") ? try artefact.array("x_ref").shape.dropFirst().reduce(1, *) : nil,
            version: Version.current,
            order: order
        )
    }
}
