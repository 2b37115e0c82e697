import CloudEvents
import Methods
import Synchronization

/// The traffic that is watched, for the door: of other events nothing is journalled.
///
/// An event that names no model by its attributes is kept, since its body may.
final class WatchList: Sendable {
    /// The traffic or the outcomes of one model.
    struct Traffic: Hashable {
        let namespace: String
        let model: String
        let isOutcomes: Bool

        init(namespace: String, model: String, isOutcomes: Bool) {
            self.namespace = namespace
            self.model = model
            self.isOutcomes = isOutcomes
        }

        init(_ selection: MonitorSelection) {
            self.init(
                namespace: selection.namespace,
                model: selection.model,
                isOutcomes: selection.event == .outcome
            )
        }
    }

    private let watched = Mutex<Set<Traffic>>([])

    /// Takes what is watched now.
    func set(_ traffic: some Sequence<Traffic>) {
        let new = Set(traffic)
        watched.withLock { $0 = new }
    }

    /// Adds to it.
    func add(_ traffic: Traffic) {
        watched.withLock { _ = $0.insert(traffic) }
    }

    /// Whether a monitor may have a use for an event.
    func wants(_ event: CloudEvent) -> Bool {
        let isOutcome = event.type == EventType.outcome
        guard isOutcome || EventType.isInferenceRequest(event.type) || EventType.isInferenceResponse(event.type) else {
            return false
        }
        let identity = ExchangeIdentity(of: event)
        guard isOutcome || !identity.model.isEmpty else { return true }
        let traffic = Traffic(namespace: identity.namespace, model: identity.model, isOutcomes: isOutcome)
        return watched.withLock { $0.contains(traffic) }
    }
}
