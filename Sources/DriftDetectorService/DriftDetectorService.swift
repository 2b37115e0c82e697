import DriftDetection
package import MonitorHosting
import Monitoring
import NativeModels
import Prediction
package import ServiceKit
package import ServiceLifecycle
import TreeModels

/// Compares windows of a model's traffic with a reference: drift of inputs, outputs and features.
package enum DriftDetectorService {
    /// Where it listens when nothing else is said.
    package static let address = "127.0.0.1:8091"

    /// Everything that may be set.
    package static var settings: [any Setting] { DetectorHost.settings(listen: address) }

    /// The process, wired.
    package static func host(_ context: SidecarContext) async throws -> DetectorHost {
        try await DetectorHost(
            context,
            kind: .drift,
            factories: DriftDetection.factories,
            runtimes: ModelRuntimes([NativeRuntime(stateDirectory: context.stateDirectory)] + TreeRuntime.all),
            address: address
        )
    }

    /// The services of the process, in the order in which they start.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        try await host(context).services
    }
}
