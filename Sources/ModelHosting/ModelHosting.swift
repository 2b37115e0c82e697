import NativeModels
package import Prediction
package import ServiceKit
import TreeModels

/// What runs models in the services that run them: every kind of model folder that there is.
package enum ModelHosting {
    /// The settings of the runtimes.
    package static let settings: [any Setting] = []

    /// The runtimes of a process.
    package static func runtimes(_ context: SidecarContext) throws -> ModelRuntimes {
        ModelRuntimes([NativeRuntime()] + TreeRuntime.all)
    }
}
