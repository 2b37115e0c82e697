import Synchronization

/// Whether a service can do its work, by named conditions; `/readyz` answers 200 when all hold.
package final class Readiness: Sendable {
    private let reasons = Mutex<[String: String]>([:])

    package init() {}

    /// Says that a condition does not hold, and why; nil that it holds.
    package func set(_ condition: String, notReady reason: String?) {
        reasons.withLock { $0[condition] = reason }
    }

    /// What does not hold, by condition.
    package var failing: [String: String] { reasons.withLock { $0 } }
}
