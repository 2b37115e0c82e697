import Journal
import Logging
import ModelHosting
import MonitorHosting
package import ServiceKit
package import ServiceLifecycle

/// Explains answers of native models by integrated gradients, on request.
package enum ExplainerService {
    /// The services of the process.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        [try await server(context)]
    }

    /// Its listener, with the explainers loaded.
    ///
    /// - Throws: ``SettingsError``, also for an unreadable `models.toml`.
    package static func server(_ context: SidecarContext) async throws -> HTTPServer {
        let settings = context.settings
        let models =
            try settings.value(DetectorSettings.models).map {
                try ModelLookup(file: $0, runtimes: ModelHosting.runtimes(context))
            }
            ?? .empty
        let directory = try settings.value(ExplainerSettings.directory)
        // Models are read, and those behind URLs asked: work that blocks.
        let shelf = try await OwnThread.run {
            try ExplainerShelf(directory: directory, models: models, logger: context.logger)
        }
        let routes = ExplainerRoutes(
            shelf: shelf,
            references: try DataReferences(context: context),
            paths: try models.payloadMappings(),
            metrics: EventMetrics(context.metrics),
            slots: Slots(try settings.value(ExplainerSettings.concurrency)),
            rowLimit: try settings.value(ExplainerSettings.rowLimit)
        )
        return try HTTPServer(
            context: context,
            listen: HTTPSettings.listen(default: ExplainerSettings.address),
            hotRoutes: routes.hotRoutes,
            operations: ExplainerRoutes.operations,
            routes: { routes.add(to: $0) }
        )
    }
}
