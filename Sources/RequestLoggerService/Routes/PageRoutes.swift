import CloudEvents
import Dashboard
import EventStore
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceKit

/// The pages: each asks the store and lets the dashboard draw.
struct PageRoutes: Sendable {
    let store: any EventStore
    let dashboard: Dashboard

    func add(to router: Router<ControlContext>) {
        router.get("/") { request, _ in await page { try await alerts(request) } }
        router.get("/alerts/:id") { request, _ in await page { try await alert(request) } }
        router.get("/exchanges") { request, _ in await page { try await exchanges(request) } }
        router.get("/requests/:requestid") { request, _ in await page { try await oneRequest(request) } }
        router.get("/models") { _, _ in await page { try await models() } }
        router.get("/assets/:name") { request, _ in try asset(request) }
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
        return dashboard.page(AlertsView(page: page, state: tab, exchanges: exchanges, active: active))
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
        return dashboard.page(
            AlertView(alert, verdicts: verdicts.items, exchanges: try await rows(of: alert, limit: 40))
        )
    }

    /// The rows that an alert is about; of a window that names none, the exchanges of its time.
    private func rows(of alert: Alert, limit: Int) async throws -> [ExchangeRow] {
        var rows: [ExchangeRow] = []
        for reference in alert.requestIDs.prefix(limit).map(RowReference.init) {
            let found = try await store.exchanges(requestID: reference.requestID).first {
                $0.key.model == alert.key.model || alert.key.model == Alert.Key.unknownModel
            }
            if let found { rows.append(ExchangeRow(found, row: reference.row ?? 0)) }
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
        return page.items.map { ExchangeRow($0, row: 0) }
    }

    // MARK: Exchanges and models

    private func exchanges(_ request: Request) async throws -> String {
        let query = try QueryReader(request, allowed: ["model", "verdict", "cursor"])
        let page = try await store.exchanges(
            ExchangeQuery(
                model: query.text("model"),
                verdict: query.text("verdict"),
                limit: 40,
                cursor: try query.cursor()
            )
        )
        let models = Set(try await store.models().map(\.model)).sorted()
        return dashboard.page(
            ExchangesView(page: page, models: models, model: query.text("model"), verdict: query.text("verdict"))
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
        return dashboard.page(RequestView(found.reference, exchanges: found.exchanges))
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
                remedy: "GET / is the page of alerts"
            )
        }
        return Response(
            status: .ok,
            headers: [.contentType: asset.contentType, .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes))
        )
    }

    /// A page, or the page that says what went wrong.
    private func page(_ make: () async throws -> String) async -> Response {
        do {
            return html(try await make(), .ok)
        } catch {
            let error = (error as? EventStoreError)?.asServiceError ?? error
            let answer = ErrorResponse(error)
            let heading = answer.status == .notFound ? "Not on record" : "That did not work"
            let text = (error as? any DescribedError).map { "\($0.message). \($0.remedy)." }
            let view = ProblemView(heading: heading, text: text ?? "The log of request-logger says what went wrong.")
            return html(dashboard.page(view), answer.status)
        }
    }

    private func html(_ text: String, _ status: HTTPResponse.Status) -> Response {
        var response = Response(text: text, contentType: "text/html; charset=utf-8", status: status)
        response.headers[.contentSecurityPolicy] = Dashboard.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
