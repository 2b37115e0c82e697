import CloudEvents
import EventStore
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import ServiceKit
import ServiceLifecycle

/// `GET /v1/stream`: what is recorded from now on, as server-sent events.
///
/// Each message has the kind of the event as its name and its sequence as its id. A client that comes back with
/// `Last-Event-ID` goes on where it stopped. A slow one costs no memory: it reads from the store at its own pace.
struct LiveFeed: Sendable {
    let store: any EventStore
    let tail: StoreTail

    /// What is sent unless `kind` asks for something else: not every request.
    private static let usual: Set<EventKind> = [.alert, .verdict, .explanation, .label, .outcome]
    private static let pageSize = 100

    private static let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]

    func add(to router: Router<ControlContext>) {
        // Made from GET, the answer to HEAD would follow the record for as long as the client stays.
        router.head("/v1/stream") { _, _ in Response(status: .ok, headers: Self.headers) }
        router.get("/v1/stream") { request, _ in
            let query = try QueryReader(request, allowed: ["kind"])
            let kinds = try query.words("kind", EventKind.allCases.map(\.name), EventKind.init(name:)) ?? Self.usual
            let lastID = HTTPField.Name("last-event-id").flatMap { request.headers[$0] }.flatMap { Int64($0) }
            let start = if let lastID { lastID } else { try await store.newestSequence() }
            return Response(
                status: .ok,
                headers: Self.headers,
                body: ResponseBody { writer in
                    try await feed(kinds, after: start) { text in try await writer.write(ByteBuffer(string: text)) }
                    try await writer.finish(nil)
                }
            )
        }
    }

    /// Writes until the reader goes or the service stops.
    private func feed(
        _ kinds: Set<EventKind>,
        after start: Int64,
        _ write: (String) async throws -> Void
    ) async throws {
        var sequence = start
        try await write("retry: 2000\n\n")
        for await _ in tail.signals().cancelOnGracefulShutdown() {
            // Events of other kinds are passed over too, so that they are not looked at again.
            let newest = try await store.newestSequence()
            var cursor: PageCursor? = PageCursor(time: 0, sequence: sequence)
            var count = 0
            while let place = cursor {
                let page = try await store.events(
                    EventQuery(kinds: kinds, order: .oldestFirst, limit: Self.pageSize, cursor: place)
                )
                for event in page.items {
                    try await write(Self.message(event))
                    sequence = max(sequence, event.sequence)
                }
                count += page.items.count
                cursor = page.next
            }
            sequence = max(sequence, newest)
            if count == 0 { try await write(": nothing new\n\n") }
        }
    }

    /// One event; JSON has no line breaks, so it is one line of data.
    static func message(_ event: StoredEvent) -> String {
        let record = event.record
        var data: JSONValue
        if record.kind == .alert, let alert = record.event.jsonData {
            data = alert
        } else {
            data = [
                "id": .string(record.event.id), "type": .string(record.event.type), "time": JSONValue(record.time),
                "namespace": JSONValue(record.namespace), "model": JSONValue(record.model),
                "requestid": JSONValue(record.requestID), "monitor": JSONValue(record.monitor),
                "status": JSONValue(record.verdict?.status?.rawValue),
                "flagged": .bool(record.verdict?.isFlagged ?? false),
            ]
        }
        return "id: \(event.sequence)\nevent: \(record.kind.name)\ndata: \(data.text)\n\n"
    }
}
