import AdversarialDetection
import DriftDetection
package import Methods
import OutlierDetection

extension MethodCatalog {
    /// Every detector that there is: the command line fits and runs them all, a service only its own kind.
    package static let all = MethodCatalog(
        DriftDetection.factories + OutlierDetection.factories + AdversarialDetection.factories
    )
}
