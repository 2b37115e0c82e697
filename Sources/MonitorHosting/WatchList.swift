import CloudEvents
import Synchronization

/// The models that are watched, for the door: of other events nothing is journalled.
///
/// An event that names no model by its attributes is kept, since its body may.
final class WatchList: Sendable {
    private struct Model: Hashable {
        let namespace: String
        let name: String
    }

    private let watched = Mutex<Set<Model>>([])

    /// Takes the models that are watched now.
    func set(_ models: some Sequence<(namespace: String, name: String)>) {
        let new = Set(models.map { Model(namespace: $0.namespace, name: $0.name) })
        watched.withLock { $0 = new }
    }

    /// Adds a model to them.
    func add(namespace: String, model: String) {
        watched.withLock { _ = $0.insert(Model(namespace: namespace, name: model)) }
    }

    /// Whether a monitor may have a use for an event.
    func wants(_ event: CloudEvent) -> Bool {
        guard
            EventType.isInferenceRequest(event.type) || EventType.isInferenceResponse(event.type)
                || event.type == EventType.outcome
        else { return false }
        let identity = ExchangeIdentity(of: event)
        guard !identity.model.isEmpty else { return true }
        return watched.withLock { $0.contains(Model(namespace: identity.namespace, name: identity.model)) }
    }
}
