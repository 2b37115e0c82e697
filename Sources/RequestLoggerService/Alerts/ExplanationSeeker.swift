import CloudEvents
import EventStore
import JSON
import Logging
import ServiceLifecycle

/// Asks the explainer about the requests of alerts that opened, and puts what it says into the record.
///
/// It works beside the way of events: an explainer that is slow or gone delays nothing but explanations.
struct ExplanationSeeker: Service {
    let store: any EventStore
    let explainer: ExplainerClient
    let tail: StoreTail
    let logger: Logger

    /// How often a question is asked; between two attempts lie 2, 4, 8, … seconds.
    static let attemptLimit = 6

    /// Asks until a graceful stop.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in tail.signals() {
                do {
                    try await seek()
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("explanations wait, the store does not answer", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Does every errand that is due, one after the other.
    func seek() async throws {
        for errand in try await store.errands(.explain, dueAt: .now(), limit: 20) {
            try Task.checkCancellation()
            try await seek(errand)
        }
    }

    private func seek(_ errand: Errand) async throws {
        let reference = RowReference(errand.document["request"]?.string ?? "")
        let alertID = errand.document["alert"]?.string ?? ""
        guard let alert = try await store.alert(id: alertID) else {
            return try await give(up: errand, "its alert is gone")
        }
        let exchange = try await store.exchanges(requestID: reference.requestID)
            .last { $0.key.model == alert.key.model || alert.key.model == Alert.Key.unknownModel }
        let answer =
            if let exchange { await explainer.explain(exchange, row: reference.row, alertID: alert.id) } else {
                ExplainerClient.Answer.later("the request is not on record")
            }
        switch answer {
        case .explained(let explanations):
            guard let exchange else { return }
            let events = try explanations.map { row, data in
                try Self.event(data, about: exchange, row: row, question: alert.id)
            }
            try await store.write { transaction in
                for event in events { _ = try transaction.insert(ClassifiedEvent(event, arrivedAt: .now())) }
                try transaction.remove(errand)
            }
            tail.signal()
        case .refused(let reason):
            try await give(up: errand, reason)
        case .later(let reason):
            guard errand.attempts + 1 < Self.attemptLimit else { return try await give(up: errand, reason) }
            let due = Timestamp.now() + .seconds(2 << errand.attempts)
            try await store.write { transaction in try transaction.postpone(errand, until: due) }
        }
    }

    private func give(up errand: Errand, _ reason: String) async throws {
        logger.warning(
            "a request stays unexplained",
            metadata: ["request.id": "\(errand.document["request"]?.string ?? "")", "reason": "\(reason)"]
        )
        try await store.write { transaction in try transaction.remove(errand) }
    }

    /// The `io.vedette.explanation` event; the same question gives the same id, and the record keeps one.
    ///
    /// - Parameter question: The id of the alert that asked, or of what a person asked.
    static func event(_ data: ExplanationData, about exchange: Exchange, row: Int, question: String) throws
        -> CloudEvent
    {
        let reference = RowReference(requestID: exchange.key.requestID, row: row)
        var extensions: [String: CloudEventValue] = [
            "requestid": .string(reference.description), "namespace": .string(exchange.key.namespace),
            "component": .string(exchange.key.component), "endpoint": .string(exchange.key.endpoint),
            "correlationid": .string(question),
        ]
        if !exchange.key.model.isEmpty { extensions["model"] = .string(exchange.key.model) }
        if let version = exchange.version { extensions["modelversion"] = .string(version) }
        if let cause = exchange.request?.event.id { extensions["causationid"] = .string(cause) }
        return try CloudEvent(
            id: "\(question)-explanation-\(reference)",
            source: EventSource.path(namespace: exchange.key.namespace, name: "request-logger"),
            type: EventType.explanation,
            subject: reference.description,
            time: .now(),
            dataContentType: "application/json",
            extensions: extensions,
            data: data.json.serialized()
        )
    }
}
