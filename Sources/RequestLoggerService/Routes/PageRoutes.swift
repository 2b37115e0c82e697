import CloudEvents
import Dashboard
import EventStore
import HTTPTypes
import Hummingbird
import NIOCore
import OpenInference
import ServiceKit

/// The pages: each asks the store and lets the dashboard draw.
struct PageRoutes: Sendable {
    let store: any EventStore
    let dashboard: Dashboard
    let metrics: MetricsRegistry
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings
    /// Where alerts go besides these pages.
    let sinks: [String]
    let canExplain: Bool

    /// How many window verdicts a page reads at most.
    private static let verdictLimit = 4000

    func add(to router: Router<ControlContext>) {
        router.get("/") { request, _ in await page { try await overview(request) } }
        router.get("/alerts") { request, _ in await page { try await alerts(request) } }
        router.get("/alerts/:id") { request, _ in await page { try await alert(request) } }
        router.get("/audit") { request, context in await page { try await audit(request, context.principal) } }
        router.get("/exchanges") { request, _ in await page { try await exchanges(request) } }
        router.get("/requests/:requestid") { request, _ in await page { try await oneRequest(request) } }
        router.get("/requests") { request, _ in await found { try address(request) } }
        router.get("/health") { request, _ in await page { try await health(request) } }
        router.get("/models/:namespace/:model") { request, _ in await page { try await model(request) } }
        router.get("/models") { _, _ in await page { try await models() } }
        router.get("/assets/:name") { request, _ in try asset(request) }
    }

    // MARK: Overview, a model, health

    private func range(_ query: QueryReader) throws -> TimeRange? {
        guard let text = query.text("range") else { return nil }
        guard let range = TimeRange(rawValue: text) else {
            let known = TimeRange.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryReader.unreadable("range", text, remedy: "Known are: \(known)")
        }
        return range
    }

    private func windowVerdicts(since time: Timestamp, namespace: String? = nil, model: String? = nil) async throws
        -> Page<StoredEvent>
    {
        try await store.events(
            EventQuery(
                kinds: [.verdict],
                namespace: namespace,
                model: model,
                isAboutRequest: false,
                since: time,
                limit: Self.verdictLimit
            )
        )
    }

    private func overview(_ request: Request) async throws -> String {
        let query = try QueryReader(request, allowed: ["range", "search", "group", "page"])
        let group = query.text("group") ?? "none"
        guard ["none", "namespace", "condition"].contains(group) else {
            throw QueryReader.unreadable("group", group, remedy: "Known are: none, namespace, condition")
        }
        let number = query.text("page") ?? "1"
        guard let number = Int(number), (1...100_000).contains(number) else {
            throw QueryReader.unreadable("page", number, remedy: "Give a whole number from 1")
        }
        let range = try range(query) ?? .hour
        let end = Timestamp.now()
        let start = range.start(before: end)
        let verdicts = try await windowVerdicts(since: start).items
        let latest = try await store.events(EventQuery(limit: 200)).items
        let senders = Set((latest + verdicts).map(\.event.source)).sorted()
        return dashboard.page(
            OverviewView(
                try await store.models(),
                traffic: try await store.traffic(
                    TrafficQuery(since: start, step: range.step, count: range.steps)
                ),
                verdicts: verdicts,
                senders: senders,
                alerts: try await store.alerts(AlertQuery(states: AlertQuery.unclosed, limit: 1000)).items,
                sinks: sinks,
                choice: OverviewView.Choice(
                    range: range,
                    search: query.text("search") ?? "",
                    group: group,
                    page: number
                ),
                end: end
            )
        )
    }

    private func model(_ request: Request) async throws -> String {
        let query = try QueryReader(request, allowed: ["range"])
        let range = try range(query) ?? .hour
        let namespace = try PathPart.beforeLast(of: request)
        var model = try PathPart.last(of: request)
        let all = try await store.models().filter { $0.namespace == namespace }
        var summaries = all.filter { $0.model == model }
        if summaries.isEmpty, model == Alert.Key.unknownModel {
            // Exchanges that name no model are shown under this word.
            summaries = all.filter(\.model.isEmpty)
            if !summaries.isEmpty { model = "" }
        }
        let end = Timestamp.now()
        let start = range.start(before: end)
        let windows = try await windowVerdicts(since: start, namespace: namespace, model: model).items
        let alerts = try await store.alerts(
            AlertQuery(states: AlertQuery.unclosed, namespace: namespace, model: model, limit: 100)
        ).items
        guard !summaries.isEmpty || !windows.isEmpty || !alerts.isEmpty else {
            throw ServiceError(
                .notFound,
                "There is nothing on record about the model \(model.prefix(160)) in \(namespace.prefix(160))",
                remedy: "The overview lists every model that was seen"
            )
        }
        let rows = try await store.events(
            EventQuery(
                kinds: [.verdict],
                namespace: namespace,
                model: model,
                isAboutRequest: true,
                since: start,
                limit: 300
            )
        )
        let latest = try await store.exchanges(
            ExchangeQuery(namespace: namespace, model: model, since: start, limit: 120)
        )
        return dashboard.page(
            ModelView(
                namespace: namespace,
                model: model,
                summaries: summaries,
                steps: try await store.traffic(
                    TrafficQuery(
                        namespace: namespace,
                        model: model,
                        since: start,
                        step: range.step,
                        count: range.steps
                    )
                ),
                windows: windows,
                rows: rows.items,
                latest: latest.items,
                alerts: alerts,
                range: range,
                end: end,
                paths: paths
            )
        )
    }

    private func health(_ request: Request) async throws -> String {
        _ = try QueryReader(request, allowed: [])
        let verdicts = try await windowVerdicts(since: .now() - .seconds(86400))
        var waiting: [(name: String, count: Int)] = []
        for (purpose, name) in [(Errand.Purpose.route, "routes"), (.sink, "sinks"), (.explain, "explanations")] {
            waiting.append((name, try await store.errands(purpose, dueAt: .now(), limit: 1000).count))
        }
        return dashboard.page(
            HealthView(
                verdicts: verdicts.items,
                isCut: verdicts.next != nil,
                bytes: try await store.bytes(),
                oldest: try await store.oldestArrival(),
                newest: try await store.events(EventQuery(limit: 1)).items.first?.record.arrivedAt,
                waiting: waiting,
                series: telling()
            )
        )
    }

    /// The metrics of this process that tell of loss, lag, or what could not be read.
    private func telling() -> [HealthView.Series] {
        let families = [
            "vedette_events_total", "vedette_undecodable_payloads_total", "vedette_requestid_reused_total",
            "vedette_journal_", "vedette_sink_events_total", "vedette_sink_oldest_event_age_seconds",
            "vedette_sink_spool_events",
        ]
        return metrics.text().split(separator: "\n").compactMap { line in
            guard families.contains(where: { line.hasPrefix($0) }), let mark = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: mark)...])
            else { return nil }
            return HealthView.Series(name: String(line[..<mark]), value: value)
        }
    }

    // MARK: Alerts

    private static let tabs = [
        "active": AlertQuery.unclosed, "closed": [Alert.State.closed], "all": Set(Alert.State.allCases),
    ]

    private func alerts(_ request: Request) async throws -> String {
        let query = try QueryReader(request, allowed: ["state", "cursor"])
        let tab = query.text("state") ?? "active"
        guard let states = Self.tabs[tab] else {
            throw QueryReader.unreadable("state", tab, remedy: "Known are: active, closed, all")
        }
        let page = try await store.alerts(AlertQuery(states: states, limit: 20, cursor: try query.cursor()))
        var exchanges: [String: [ExchangeRow]] = [:]
        for alert in page.items { exchanges[alert.id] = try await rows(of: alert, limit: AlertsView.tileLimit) }
        let active = try await store.openAlertCounts().reduce(0) { $0 + $1.count }
        var incidents: [String: Int] = [:]
        for id in Set(page.items.map(\.incident)) {
            incidents[id] = try await store.incidents(IncidentQuery(id: id, limit: 1)).items.first?.alerts.count
        }
        return dashboard.page(
            AlertsView(page: page, state: tab, exchanges: exchanges, active: active, incidents: incidents)
        )
    }

    private func alert(_ request: Request) async throws -> String {
        let id = try PathPart.last(of: request)
        guard let alert = try await store.alert(id: id) else { throw RequestLoggerRoutes.noAlert(id) }
        let verdicts = try await store.events(
            EventQuery(
                kinds: [.verdict],
                monitor: alert.key.monitor,
                ids: alert.verdictIDs,
                order: .oldestFirst,
                limit: Alert.idLimit
            )
        )
        let incident = try await store.incidents(IncidentQuery(id: alert.incident, limit: 1)).items.first
        return dashboard.page(
            AlertView(
                alert,
                verdicts: verdicts.items,
                exchanges: try await rows(of: alert, limit: 40),
                incident: incident
            )
        )
    }

    private func audit(_ request: Request, _ principal: Principal) async throws -> String {
        try principal.require(.admin)
        let query = try QueryReader(request, allowed: ["cursor"])
        let page = try await store.audit(since: nil, until: nil, limit: 100, cursor: try query.cursor())
        return dashboard.page(AuditView(page))
    }

    /// The rows that an alert is about; of a window that names none, the exchanges of its time.
    private func rows(of alert: Alert, limit: Int) async throws -> [ExchangeRow] {
        var rows: [ExchangeRow] = []
        for reference in alert.requestIDs.prefix(limit).map(RowReference.init) {
            let found = try await store.exchanges(requestID: reference.requestID).first {
                $0.key.model == alert.key.model || alert.key.model == Alert.Key.unknownModel
            }
            if let found { rows.append(ExchangeRow(found, row: reference.row ?? 0, paths: paths)) }
        }
        guard rows.isEmpty else { return rows }
        let page = try await store.exchanges(
            ExchangeQuery(
                namespace: alert.key.namespace,
                model: alert.key.model,
                since: alert.window.start,
                until: alert.window.end.map { $0 + .milliseconds(1) },
                limit: limit
            )
        )
        return page.items.map { ExchangeRow($0, row: 0, paths: paths) }
    }

    // MARK: Exchanges and models

    private func exchanges(_ request: Request) async throws -> String {
        let names = ExchangesView.Search.names
        let query = try QueryReader(request, allowed: ["model", "verdict", "range", "cursor"] + names)
        let range = try range(query)
        let filter = try ContentFilter(query)
        let finding = try await ContentSearch(store: store, paths: paths).exchanges(
            ExchangeQuery(
                model: query.text("model"),
                since: range?.start(before: .now()),
                verdict: query.text("verdict"),
                trace: try query.trace("trace"),
                limit: 40,
                cursor: try query.cursor()
            ),
            filter
        )
        let search = ExchangesView.Search(
            Dictionary(uniqueKeysWithValues: names.compactMap { name in query.text(name).map { (name, $0) } })
        )
        let models = Set(try await store.models().map(\.model)).sorted()
        return dashboard.page(
            ExchangesView(
                page: finding.page,
                models: models,
                model: query.text("model"),
                verdict: query.text("verdict"),
                range: range,
                search: search,
                looked: filter.isEmpty ? nil : finding.looked,
                paths: paths
            )
        )
    }

    private func oneRequest(_ request: Request) async throws -> String {
        let text = try PathPart.last(of: request)
        let found = try await store.exchanges(namedBy: text)
        guard !found.exchanges.isEmpty else {
            throw ServiceError(
                .notFound,
                "There is nothing on record about the request \(text.prefix(160))",
                remedy: "It may not have come yet, been sampled out, or been deleted by retention"
            )
        }
        var latest: [Exchange] = []
        if let key = found.exchanges.first?.key {
            latest = try await store.exchanges(
                ExchangeQuery(namespace: key.namespace, model: key.model, limit: 100)
            ).items
        }
        return dashboard.page(
            RequestView(
                found.reference,
                exchanges: found.exchanges,
                beside: latest,
                canExplain: canExplain,
                paths: paths
            )
        )
    }

    /// Where the request is that the search field names.
    private func address(_ request: Request) throws -> String {
        let query = try QueryReader(request, allowed: ["id"])
        guard let id = query.text("id") else {
            throw ServiceError(.badRequest, "No request was named", remedy: "Give its id, or <id>#<row>")
        }
        return Dashboard.address(ofRequest: id)
    }

    private func models() async throws -> String {
        let open = try await store.alerts(AlertQuery(states: AlertQuery.unclosed, limit: 1000))
        return dashboard.page(ModelsView(try await store.models(), alerts: open.items))
    }

    // MARK: Answers

    private func asset(_ request: Request) throws -> Response {
        let name = try PathPart.last(of: request)
        guard let asset = Dashboard.asset(name) else {
            throw ServiceError(
                .notFound,
                "there is no file '\(name.prefix(80))'",
                remedy: "GET / is the overview"
            )
        }
        return Response(
            status: .ok,
            headers: [.contentType: asset.contentType, .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes))
        )
    }

    /// Leads on to another page, or says what went wrong.
    private func found(_ make: () async throws -> String) async -> Response {
        do {
            return Response(status: .seeOther, headers: [.location: try await make()])
        } catch {
            return await page { throw error }
        }
    }

    /// A page, or the page that says what went wrong.
    private func page(_ make: () async throws -> String) async -> Response {
        do {
            return PageAnswer.html(try await make(), .ok)
        } catch {
            let error = (error as? EventStoreError)?.asServiceError ?? error
            let answer = ErrorResponse(error)
            let heading = answer.status == .notFound ? "Not on record" : "That did not work"
            let text = (error as? any DescribedError).map { "\($0.message). \($0.remedy)." }
            let view = ProblemView(heading: heading, text: text ?? "The log of request-logger says what went wrong.")
            return PageAnswer.html(dashboard.page(view), answer.status)
        }
    }
}
