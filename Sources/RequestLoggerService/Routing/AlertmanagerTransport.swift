import CloudEvents
import EventStore
import JSON
import Logging
import ServiceKit
import ServiceLifecycle

/// Prometheus Alertmanager, by its API v2.
///
/// Alertmanager forgets an alert that nobody repeats, and has none after a restart. So those that it was told of are
/// repeated while they live, every ``resend``, as Prometheus does; an end is told once, by the spool. Repetition and
/// spool take turns, and a repetition reads the store in its turn: it never brings back what is over.
struct AlertmanagerTransport: SinkTransport, Service {
    let name: String
    let post: RoutePost
    let resend: Duration
    let base: String?
    let store: any EventStore
    let turns = Turns()
    let logger: Logger

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        guard let event = events.first else { return .status(204, retryAfter: nil) }
        do {
            let message = try AlertMessage(event, base: base)
            return await turns.take { await post(Self.alerts(message, until: end)) }
        } catch {
            return .unreachable("\(error)")
        }
    }

    /// Repeats until a graceful stop.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: resend)
                if Task.isCancelled { return }
                await turns.take { await repeatLive() }
            }
        }
    }

    private func repeatLive() async {
        do {
            var cursor: PageCursor?
            repeat {
                let page = try await store.alerts(AlertQuery(states: AlertQuery.unclosed, limit: 500, cursor: cursor))
                // Also what is silenced meanwhile: Alertmanager would take its absence for its end, and say so.
                let live = page.items.filter { $0.told[name] != nil }
                if !live.isEmpty {
                    let answer = await post(live.map { Self.json($0, page: address($0), end: end) })
                    logger.debug("alerts repeated", metadata: ["route": "\(name)", "sink.answer": "\(answer)"])
                }
                cursor = page.next
            } while cursor != nil
        } catch {
            logger.error("alerts are not repeated, the store does not answer", metadata: ["error": "\(error)"])
        }
    }

    private func address(_ alert: Alert) -> String? { base.map { "\($0)/alerts/\(alert.id)" } }

    /// Until when Alertmanager is to believe that an alert lives, when nobody repeats it.
    private var end: Timestamp { .now() + resend * 4 }

    private func post(_ alerts: [JSONValue]) async -> SinkAnswer {
        await post.send(JSONValue.array(alerts).serialized(), key: nil, path: "/api/v2/alerts")
    }

    /// What an event comes to: the alert, and where it has become critical the end of the warning that it was.
    static func alerts(_ message: AlertMessage, until end: Timestamp) -> [JSONValue] {
        let alert = message.alert
        let end = message.isOver ? alert.closedAt ?? alert.updatedAt : end
        var alerts = [json(alert, page: message.page, end: end)]
        if alert.severity == .critical {
            var before = alert
            before.severity = .warning
            alerts.append(json(before, page: message.page, end: min(end, alert.updatedAt)))
        }
        return alerts
    }

    /// One alert as the API takes it.
    ///
    /// Labels are what it is; they stay while it lives, but for its severity.
    static func json(_ alert: Alert, page: String?, end: Timestamp) -> JSONValue {
        let key = alert.key
        var labels: JSONObject = [
            "alertname": .string("Vedette\(alert.kind.prefix(1).uppercased())\(alert.kind.dropFirst())"),
            "namespace": .string(key.namespace), "model": .string(key.model), "endpoint": .string(key.endpoint),
            "monitor": .string(key.monitor), "kind": .string(alert.kind), "severity": .string(alert.severity.rawValue),
            "alert": .string(alert.id),
        ]
        if let owner = alert.owner { labels["owner"] = .string(owner) }
        var annotations: JSONObject = ["summary": .string(alert.summary), "incident": .string(alert.incident)]
        if let version = alert.version { annotations["version"] = .string(version) }
        if let runbook = alert.runbookURL { annotations["runbook_url"] = .string(runbook) }
        var object: JSONObject = [
            "labels": .object(labels), "annotations": .object(annotations), "startsAt": JSONValue(alert.openedAt),
            "endsAt": JSONValue(end),
        ]
        if let page { object["generatorURL"] = .string(page) }
        return .object(object)
    }
}

/// Lets one at a time do something that awaits, in the order of asking.
actor Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take<Value: Sendable>(_ work: @Sendable () async -> Value) async -> Value {
        if isTaken { await withCheckedContinuation { waiting.append($0) } } else { isTaken = true }
        let value = await work()
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        return value
    }
}
