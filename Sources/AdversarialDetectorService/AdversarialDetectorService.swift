import AdversarialDetection
import ModelHosting
package import MonitorHosting
import Monitoring
package import ServiceKit
package import ServiceLifecycle

/// Judges whether each row of a model's traffic was made to deceive it, and watches the flagged share.
package enum AdversarialDetectorService {
    /// Where it listens when nothing else is said.
    package static let address = "127.0.0.1:8093"

    /// Everything that may be set.
    package static var settings: [any Setting] {
        DetectorHost.settings(listen: address) + ModelHosting.settings
    }

    /// The process, wired.
    package static func host(_ context: SidecarContext) async throws -> DetectorHost {
        try await DetectorHost(
            context,
            kind: .adversarial,
            factories: AdversarialDetection.factories,
            runtimes: ModelHosting.runtimes(context),
            address: address
        )
    }

    /// The services of the process, in the order in which they start.
    package static func services(_ context: SidecarContext) async throws -> [any Service] {
        try await host(context).services
    }
}
