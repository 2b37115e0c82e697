import CloudEvents
import EventStore
import HTTPTypes
import Hummingbird
import NIOCore
import OpenInference
import ServiceKit

/// The record as files: events as JSON lines, and the rows of a model as CSV or as an array of numpy.
///
/// They are written while they are read, a page of the store at a time, so that their size needs no memory.
struct ExportRoutes: Sendable {
    let store: any EventStore
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings
    /// Where an array grows until its size is known.
    let directory: String

    static let eventFilters = [
        "type", "kind", "namespace", "model", "monitor", "requestid", "flagged", "since", "until",
    ]
    static let rowFilters = ["namespace", "model", "since", "until", "verdict", "limit"]

    /// How many rows a file may have; the usual number, and the most.
    static let usualRows = 100_000
    static let mostRows = 10_000_000

    /// For `/openapi.json`.
    static let operations = [
        APIOperation(
            .get,
            "/v1/export/events.jsonl",
            "Events in the order of their arrival, as JSON lines of structured CloudEvents.",
            query: eventFilters
        ),
        APIOperation(
            .get,
            "/v1/export/rows.csv",
            "The rows of a model with their answers as CSV, the newest exchange first.",
            query: rowFilters,
            answers: [200: "OK", 400: "No model", 404: "Nothing on record"]
        ),
        APIOperation(
            .get,
            "/v1/export/rows.npy",
            "The numbers of the rows of a model as an array of numpy, the newest exchange first.",
            query: rowFilters + ["part"],
            answers: [200: "OK", 400: "No model", 404: "Nothing on record"]
        ),
    ]

    func add(to router: Router<ControlContext>) {
        router.get("/v1/export/events.jsonl") { request, _ in try events(request) }
        router.get("/v1/export/rows.csv") { request, _ in try await csv(request) }
        router.get("/v1/export/rows.npy") { request, _ in try await npy(request) }
    }

    private static func headers(_ type: String, _ name: String) -> HTTPFields {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        if let disposition = HTTPField.Name("content-disposition") {
            headers[disposition] = "attachment; filename=\"\(name)\""
        }
        return headers
    }

    private func events(_ request: Request) throws -> Response {
        var query = try RequestLoggerRoutes.eventQuery(try QueryReader(request, allowed: Self.eventFilters))
        query.order = .oldestFirst
        query.limit = 50
        return Response(
            status: .ok,
            headers: Self.headers("application/jsonl", "events.jsonl"),
            body: ResponseBody { [query] writer in
                var query = query
                while true {
                    let page = try await store.events(query)
                    if !page.items.isEmpty {
                        try await writer.write(ByteBuffer(bytes: JSONFormat.encodeLines(page.items.map(\.event))))
                    }
                    guard let next = page.next else { break }
                    query.cursor = next
                }
                try await writer.finish(nil)
            }
        )
    }

    /// The rows that a request asks for.
    private func rows(_ request: Request, also names: [String] = []) async throws -> (RowExport, QueryReader) {
        let query = try QueryReader(request, allowed: Self.rowFilters + names)
        guard let model = query.text("model") else {
            throw ServiceError(
                .badRequest,
                "it is not said of which model",
                remedy: "Add model=NAME: the columns of two models are not the same"
            )
        }
        let limit = query.text("limit") ?? String(Self.usualRows)
        guard let limit = Int(limit), (1...Self.mostRows).contains(limit) else {
            throw QueryReader.unreadable("limit", limit, remedy: "Give 1 to \(Self.mostRows) rows")
        }
        let exchanges = ExchangeQuery(
            namespace: query.text("namespace"),
            model: model,
            since: try query.time("since"),
            until: try query.time("until"),
            verdict: query.text("verdict")
        )
        return (try await RowExport(store, exchanges, limit: limit, paths), query)
    }

    private func csv(_ request: Request) async throws -> Response {
        let (rows, _) = try await rows(request)
        return Response(
            status: .ok,
            headers: Self.headers("text/csv; charset=utf-8", "rows.csv"),
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: rows.csvHeader))
                let leftOut = try await rows.forEachPage { page in
                    var text = ""
                    for (exchange, row) in page { rows.appendCSV(exchange, row, to: &text) }
                    try await writer.write(ByteBuffer(string: text))
                }
                try await writer.finish(Self.trailer(leftOut))
            }
        )
    }

    private func npy(_ request: Request) async throws -> Response {
        let (rows, query) = try await rows(request, also: ["part"])
        let parts = ["inputs": false, "outputs": true]
        let isOutput = try query.words("part", ["inputs", "outputs"]) { parts[$0] }?.first ?? false
        // An array says its size first: it is known when all rows are read.
        let file = try ScratchFile(in: directory)
        let array = try await rows.writeArray(ofOutputs: isOutput, to: file)
        return Response(
            status: .ok,
            headers: Self.headers("application/octet-stream", "rows.npy"),
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(bytes: array.header))
                try await file.forEachPiece { piece in try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(Self.trailer(array.leftOut))
            }
        )
    }

    /// How many exchanges had other columns, or none that could be read.
    private static func trailer(_ leftOut: Int) -> HTTPFields {
        guard let name = HTTPField.Name("vedette-exchanges-left-out") else { return [:] }
        return [name: String(leftOut)]
    }
}
