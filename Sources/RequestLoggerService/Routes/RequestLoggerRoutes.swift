import CloudEvents
import EventStore
import HTTPTypes
import Hummingbird
import JSON
import OpenInference
import ServiceKit

/// The routes that ask the record; actions, pages and the live feed are in their own files.
struct RequestLoggerRoutes: Sendable {
    let store: any EventStore
    let tail: StoreTail
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings

    /// The filters of each list, which the API description names too.
    static let exchangeFilters =
        ["namespace", "model", "since", "until", "verdict", "trace", "limit", "cursor"] + ContentFilter.names
    static let eventFilters = [
        "type", "kind", "namespace", "model", "monitor", "requestid", "flagged", "since", "until", "order", "limit",
        "cursor",
    ]
    static let incidentFilters = ["state", "namespace", "model", "limit", "cursor"]
    static let auditFilters = ["since", "until", "limit", "cursor"]
    static let alertFilters = ["state", "namespace", "model", "kind", "since", "limit", "cursor"]

    /// For `/openapi.json`.
    static let operations = [
        APIOperation(.get, "/v1/exchanges", "Exchanges with all their parts, newest first.", query: exchangeFilters),
        APIOperation(
            .get,
            "/v1/requests/{requestid}",
            "Everything about a request, or about a row of it as <requestid>%23<row>.",
            answers: [200: "OK", 404: "Nothing on record, or no such row"]
        ),
        APIOperation(
            .get,
            "/v1/events",
            "Events as they came, newest first or in order of arrival.",
            query: eventFilters
        ),
        APIOperation(.get, "/v1/alerts", "Alerts, newest first.", query: alertFilters),
        APIOperation(.get, "/v1/alerts/{id}", "One alert.", answers: [200: "OK", 404: "No such alert"]),
        APIOperation(.get, "/v1/incidents", "Incidents, newest first.", query: incidentFilters),
        APIOperation(
            .get,
            "/v1/incidents/{id}",
            "One incident with its alerts.",
            answers: [200: "OK", 404: "No such incident"]
        ),
        APIOperation(
            .get,
            "/v1/audit",
            "What people did, newest first; needs the role admin.",
            query: auditFilters,
            answers: [200: "OK", 403: "Not allowed"]
        ),
        APIOperation(.get, "/v1/models", "Every version of every model, with counts."),
        APIOperation(.get, "/v1/stream", "What is recorded from now on, as server-sent events.", query: ["kind"]),
        APIOperation(.get, "/", "The overview; the other pages are linked there."),
    ]

    func add(to router: Router<ControlContext>) {
        router.get("/v1/exchanges") { request, _ in try await exchanges(request) }
        router.get("/v1/requests/:requestid") { request, _ in try await oneRequest(request) }
        router.get("/v1/events") { request, _ in try await events(request) }
        router.get("/v1/alerts") { request, _ in try await alerts(request) }
        router.get("/v1/alerts/:id") { request, _ in try await alert(request) }
        router.get("/v1/incidents") { request, _ in try await incidents(request) }
        router.get("/v1/incidents/:id") { request, _ in try await incident(request) }
        router.get("/v1/audit") { request, context in try await audit(request, context.principal) }
        router.get("/v1/models") { request, _ in try await models(request) }
        LiveFeed(store: store, tail: tail).add(to: router)
    }

    // MARK: Lists

    private func exchanges(_ request: Request) async throws -> Response {
        let query = try QueryReader(request, allowed: Self.exchangeFilters)
        let filter = try ContentFilter(query)
        let finding = try await ContentSearch(store: store, paths: paths).exchanges(
            ExchangeQuery(
                namespace: query.text("namespace"),
                model: query.text("model"),
                since: try query.time("since"),
                until: try query.time("until"),
                verdict: query.text("verdict"),
                trace: try query.trace("trace"),
                limit: try query.limit(),
                cursor: try query.cursor()
            ),
            filter
        )
        return RecordJSON.page(finding.page, looked: filter.isEmpty ? nil : finding.looked) { exchange, writer in
            RecordJSON.write(exchange, to: &writer)
        }
    }

    private func events(_ request: Request) async throws -> Response {
        let page = try await store.events(
            try Self.eventQuery(try QueryReader(request, allowed: Self.eventFilters))
        )
        return RecordJSON.page(page) { event, writer in JSONFormat.write(event.event, to: &writer) }
    }

    /// The events that a query asks for.
    static func eventQuery(_ query: QueryReader) throws -> EventQuery {
        let orders = ["newest": EventQuery.Order.newestFirst, "oldest": .oldestFirst]
        let order = try query.words("order", ["newest", "oldest"]) { orders[$0] }?.first
        let flagged = try query.words("flagged", ["true", "false"]) { Bool($0) }?.first
        return EventQuery(
            kinds: try query.words("kind", EventKind.allCases.map(\.name), EventKind.init(name:)),
            type: query.text("type"),
            namespace: query.text("namespace"),
            model: query.text("model"),
            monitor: query.text("monitor"),
            requestID: query.text("requestid").map { ExchangeIdentity.usable(requestID: $0) },
            flaggedOnly: flagged ?? false,
            since: try query.time("since"),
            until: try query.time("until"),
            order: order ?? .newestFirst,
            limit: try query.limit(),
            cursor: try query.cursor()
        )
    }

    private func alerts(_ request: Request) async throws -> Response {
        let query = try QueryReader(request, allowed: Self.alertFilters)
        let kinds = VerdictKind.allCases.map(\.rawValue) + ["silence"]
        if let kind = query.text("kind"), !kinds.contains(kind) {
            throw QueryReader.unreadable("kind", kind, remedy: "Known are: \(kinds.joined(separator: ", "))")
        }
        let page = try await store.alerts(
            AlertQuery(
                states: try query.words("state", Alert.State.allCases.map(\.rawValue), Alert.State.init(rawValue:)),
                namespace: query.text("namespace"),
                model: query.text("model"),
                kind: query.text("kind"),
                since: try query.time("since"),
                limit: try query.limit(),
                cursor: try query.cursor()
            )
        )
        return RecordJSON.page(page) { alert, writer in writer.value(alert.json) }
    }

    private func incidents(_ request: Request) async throws -> Response {
        let query = try QueryReader(request, allowed: Self.incidentFilters)
        let states = ["active": true, "closed": false]
        let page = try await store.incidents(
            IncidentQuery(
                isActive: try query.words("state", ["active", "closed"]) { states[$0] }?.first,
                namespace: query.text("namespace"),
                model: query.text("model"),
                limit: try query.limit(),
                cursor: try query.cursor()
            )
        )
        return RecordJSON.page(page) { incident, writer in writer.value(incident.json) }
    }

    private func audit(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.admin)
        let query = try QueryReader(request, allowed: Self.auditFilters)
        let page = try await store.audit(
            since: try query.time("since"),
            until: try query.time("until"),
            limit: try query.limit(),
            cursor: try query.cursor()
        )
        return RecordJSON.page(page) { entry, writer in writer.value(entry.json) }
    }

    private func models(_ request: Request) async throws -> Response {
        _ = try QueryReader(request, allowed: [])
        let summaries = try await store.models()
        let open = try await store.alerts(AlertQuery(states: AlertQuery.unclosed, limit: 1000)).items
        return RecordJSON.page(Page(items: summaries, next: nil)) { summary, writer in
            let alerts = open.filter { $0.key.namespace == summary.namespace && $0.key.model == summary.model }
            writer.value(RecordJSON.json(summary, alerts: alerts.count))
        }
    }

    // MARK: One thing

    private func oneRequest(_ request: Request) async throws -> Response {
        _ = try QueryReader(request, allowed: [])
        let text = try PathPart.last(of: request)
        let found = try await store.exchanges(namedBy: text)
        guard !found.exchanges.isEmpty else {
            throw ServiceError(
                .notFound,
                "there is nothing on record about the request '\(text.prefix(160))'",
                remedy: "It may not have come yet, been sampled out, or been deleted by retention"
            )
        }
        let exchanges = try RecordedRows.having(found.reference, among: found.exchanges, paths)
        return RecordJSON.answer { writer in
            writer.beginObject()
            writer.key("requestid")
            writer.value(JSONValue.string(found.reference.requestID))
            if let row = found.reference.row {
                writer.key("row")
                writer.value(JSONValue.integer(Int64(row)))
            }
            writer.key("exchanges")
            writer.beginArray()
            for exchange in exchanges { RecordJSON.write(exchange, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func alert(_ request: Request) async throws -> Response {
        let id = try PathPart.last(of: request)
        guard let alert = try await store.alert(id: id) else { throw Self.noAlert(id) }
        return Response(json: alert.json)
    }

    private func incident(_ request: Request) async throws -> Response {
        let id = try PathPart.last(of: request)
        guard let incident = try await store.incidents(IncidentQuery(id: id, limit: 1)).items.first else {
            throw Self.noIncident(id)
        }
        guard case .object(var object) = incident.json else { return Response(json: .null) }
        object["alerts"] = .array(incident.alerts.map(\.json))
        return Response(json: .object(object))
    }

    static func noIncident(_ id: String) -> ServiceError {
        ServiceError(.notFound, "there is no incident '\(id.prefix(80))'", remedy: "GET /v1/incidents lists them")
    }

    static func noAlert(_ id: String) -> ServiceError {
        ServiceError(.notFound, "there is no alert '\(id.prefix(80))'", remedy: "GET /v1/alerts lists them")
    }
}

extension AlertQuery {
    /// Every state but closed.
    static let unclosed: Set<Alert.State> = [.open, .acknowledged, .recovering]
}

extension EventStore {
    /// What people did, newest first.
    func audit(since: Timestamp?, until: Timestamp?, limit: Int, cursor: PageCursor?) async throws -> Page<AuditEntry> {
        let page = try await events(
            EventQuery(
                kinds: [.other],
                type: AuditEntry.eventType,
                since: since,
                until: until,
                limit: limit,
                cursor: cursor
            )
        )
        return Page(items: page.items.compactMap { AuditEntry(of: $0.event) }, next: page.next)
    }

    /// What is on record under a request id, or under `<requestid>#<row>`.
    ///
    /// An id may itself end in `#` and digits: the whole text counts first.
    func exchanges(namedBy text: String) async throws -> (reference: RowReference, exchanges: [Exchange]) {
        let whole = ExchangeIdentity.usable(requestID: text)
        let direct = try await exchanges(requestID: whole)
        if !direct.isEmpty { return (RowReference(requestID: whole), direct) }
        var reference = RowReference(text)
        guard let row = reference.row else { return (RowReference(requestID: whole), []) }
        reference.requestID = ExchangeIdentity.usable(requestID: reference.requestID)
        return (reference, try await exchanges(requestID: reference.requestID).map { $0.narrowed(toRow: row) })
    }
}
