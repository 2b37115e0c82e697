import CloudEvents
import EventStore
import HTTPTypes
import Hummingbird
import JSON
import ServiceKit

/// What people do: take, silence and close alerts and incidents, and erase what is on record about a request.
///
/// Each leaves an entry in the audit log, in the same transaction.
struct ActionRoutes: Sendable {
    let store: any EventStore
    let desk: AlertDesk
    let tail: StoreTail
    let metrics: RequestLoggerMetrics
    let pages: PageGuard

    private static let answers = [200: "The alert", 403: "Not allowed", 404: "No such alert", 409: "It is closed"]
    private static let incidentAnswers = [
        200: "The incident", 403: "Not allowed", 404: "No such incident", 409: "It is closed",
    ]

    /// For `/openapi.json`.
    static let operations = [
        APIOperation(.post, "/v1/alerts/{id}/acknowledge", "Takes an alert.", answers: answers),
        APIOperation(
            .post,
            "/v1/alerts/{id}/silence",
            "Sends nothing about an alert's monitor for a time.",
            body: "application/json",
            answers: answers
        ),
        APIOperation(.post, "/v1/alerts/{id}/close", "Closes an alert.", answers: answers),
        APIOperation(
            .post,
            "/v1/incidents/{id}/acknowledge",
            "Takes every alert of an incident that is not closed.",
            answers: incidentAnswers
        ),
        APIOperation(
            .post,
            "/v1/incidents/{id}/silence",
            "Sends nothing about the monitors of an incident for a time.",
            body: "application/json",
            answers: incidentAnswers
        ),
        APIOperation(
            .post,
            "/v1/incidents/{id}/close",
            "Closes what is open of an incident.",
            answers: incidentAnswers
        ),
        APIOperation(
            .delete,
            "/v1/requests/{requestid}",
            "Erases what is on record about a request; needs the role admin.",
            answers: [200: "How many events were erased", 403: "Not allowed", 404: "Nothing on record"]
        ),
    ]

    func add(to router: Router<ControlContext>) {
        for action in [AuditEntry.Action.acknowledge, .silence, .close] {
            router.post("/v1/alerts/:id/\(action.rawValue)") { request, context in
                try await onAlert(action, request, context.principal)
            }
            router.post("/v1/incidents/:id/\(action.rawValue)") { request, context in
                try await onIncident(action, request, context.principal)
            }
        }
        router.delete("/v1/requests/:requestid") { request, context in try await erase(request, context.principal) }
    }

    // MARK: Alerts and incidents

    /// An action as a change of alerts, with what the audit log says of it.
    private struct Deed: Sendable {
        let action: AuditEntry.Action
        let person: ActingPerson
        let time: Timestamp
        let end: Timestamp
        let reason: String?

        var details: JSONValue {
            guard action == .silence else { return reason.map { ["reason": .string($0)] } ?? [:] }
            return ["until": JSONValue(end), "reason": JSONValue(reason)]
        }

        func step(_ rules: AlertRules, _ alert: Alert) throws -> AlertRules.Step {
            switch action {
            case .silence: try rules.silence(alert, until: end, by: person.name, reason: reason, at: time)
            case .close: try rules.close(alert, by: person.name, at: time)
            default: try rules.acknowledge(alert, by: person.name, at: time)
            }
        }
    }

    private func deed(_ action: AuditEntry.Action, _ request: Request, _ principal: Principal) async throws -> Deed {
        try pages.check(request)
        let body = try await request.collectedBody(upTo: 4096)
        let content = body.isEmpty ? .object([:]) : try JSONValue(parsing: body)
        try Self.check(content, for: action)
        let now = Timestamp.now()
        return Deed(
            action: action,
            person: ActingPerson(principal, content: content),
            time: now,
            end: action == .silence ? try Self.silenceEnd(content, now: now) : now,
            reason: content["reason"]?.string.flatMap { $0.isEmpty ? nil : String($0.prefix(500)) }
        )
    }

    private func onAlert(_ action: AuditEntry.Action, _ request: Request, _ principal: Principal) async throws
        -> Response
    {
        let deed = try await deed(action, request, principal)
        let id = try PathPart.beforeLast(of: request)
        let outcome = try await store.write { [desk] transaction in
            let outcome = try desk.act(onAlert: id, at: deed.time, in: transaction) { try deed.step($0, $1) }
            try transaction.note(deed.person.entry(action, of: id, at: deed.time, deed.details))
            return outcome
        }
        try await tell(outcome)
        return Response(json: outcome.steps.last?.alert.json ?? .null)
    }

    private func onIncident(_ action: AuditEntry.Action, _ request: Request, _ principal: Principal) async throws
        -> Response
    {
        let deed = try await deed(action, request, principal)
        let id = try PathPart.beforeLast(of: request)
        guard let incident = try await store.incidents(IncidentQuery(id: id, limit: 1)).items.first else {
            throw RequestLoggerRoutes.noIncident(id)
        }
        let outcome = try await store.write { [desk] transaction in
            var outcome = AlertDesk.Outcome()
            // Each is read again inside the transaction: it may have closed since.
            for alert in incident.alerts where try transaction.alert(id: alert.id)?.state != .closed {
                outcome += try desk.act(onAlert: alert.id, at: deed.time, in: transaction) { try deed.step($0, $1) }
            }
            guard !outcome.steps.isEmpty else {
                throw EventStoreError(
                    .conflict,
                    "every alert of the incident \(id) is closed",
                    remedy: "GET /v1/incidents?state=active lists those that are not"
                )
            }
            try transaction.note(deed.person.entry(action, of: id, at: deed.time, deed.details))
            return outcome
        }
        try await tell(outcome)
        let after = try await store.incidents(IncidentQuery(id: id, limit: 1)).items.first ?? incident
        return Response(json: after.json)
    }

    private func tell(_ outcome: AlertDesk.Outcome) async throws {
        metrics.count(outcome)
        try await metrics.refresh(from: store)
        tail.signal()
    }

    /// A body whose members are all known: a word that was mistyped must not silence for another time than was meant.
    private static func check(_ content: JSONValue, for action: AuditEntry.Action) throws {
        let known = action == .silence ? ["by", "for", "reason", "until"] : ["by", "reason"]
        guard let object = content.object else {
            throw ServiceError(.badRequest, "the body is no object", remedy: "Send {} or members of it")
        }
        for (name, value) in object {
            guard known.contains(name) else {
                throw ServiceError(
                    .badRequest,
                    "the body has the member \"\(name.prefix(32))\"",
                    remedy: "Known are \(known.joined(separator: ", "))"
                )
            }
            guard value.string != nil || value.isNull else {
                throw ServiceError(.badRequest, "\"\(name)\" is no text", remedy: "Send it as a string in JSON")
            }
        }
    }

    /// `{"for": "2h"}` or `{"until": "2026-11-25T12:00:00Z"}`; an hour when neither is said.
    private static func silenceEnd(_ content: JSONValue, now: Timestamp) throws -> Timestamp {
        if let text = content["until"]?.string, let end = try? Timestamp(rfc3339: text) { return end }
        if let text = content["for"]?.string, let duration = Duration(settingText: text) { return now + duration }
        guard content["until"] == nil, content["for"] == nil, content.object != nil else {
            throw ServiceError(
                .badRequest,
                "the body says neither how long nor until when",
                remedy: "Send {\"for\": \"2h\"} or {\"until\": \"2026-11-25T12:00:00Z\"}"
            )
        }
        return now + .seconds(3600)
    }

    // MARK: Erasing

    private func erase(_ request: Request, _ principal: Principal) async throws -> Response {
        try pages.check(request)
        try principal.require(.admin)
        let body = try await request.collectedBody(upTo: 4096)
        let content = body.isEmpty ? .object([:]) : try JSONValue(parsing: body)
        let id = ExchangeIdentity.usable(requestID: try PathPart.last(of: request))
        let person = ActingPerson(principal, content: content)
        let reason = content["reason"]?.string.map { String($0.prefix(500)) }
        let now = Timestamp.now()
        let count = try await store.write { transaction in
            let count = try transaction.erase(requestID: id)
            guard count > 0 else {
                throw EventStoreError(
                    .notFound,
                    "there is nothing on record about the request '\(id.prefix(160))'",
                    remedy: "Give the id of the whole request, without a row"
                )
            }
            let details: JSONValue = ["events": .integer(Int64(count)), "reason": JSONValue(reason)]
            try transaction.note(person.entry(.erase, of: id, at: now, details))
            return count
        }
        tail.signal()
        return Response(json: ["erased": .integer(Int64(count))])
    }
}
