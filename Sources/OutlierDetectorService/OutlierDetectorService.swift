package import MonitorHosting
import Monitoring
import NativeModels
import OutlierDetection
import Prediction
package import ServiceKit
package import ServiceLifecycle
import TreeModels

/// Scores each row of a model's traffic, with a calibrated p-value and a verdict, and watches the flagged share.
package enum OutlierDetectorService {
    /// Where it listens when nothing else is said.
    package static let address = "127.0.0.1:8092"

    /// Everything that may be set.
    package static var settings: [any Setting] { DetectorHost.settings(listen: address) }

    /// The process, wired.
    package static func host(_ context: SidecarContext) async throws -> DetectorHost {
        try await DetectorHost(
            context,
            kind: .outlier,
            factories: OutlierDetection.factories,
            runtimes: ModelRuntimes([NativeRuntime(stateDirectory: context.stateDirectory)] + TreeRuntime.all),
            address: address
        )
    }

    /// The services of the process, in the order in which they start.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        try await host(context).services
    }
}
