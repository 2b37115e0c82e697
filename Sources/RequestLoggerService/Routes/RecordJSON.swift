import CloudEvents
import EventStore
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// The answers of the API, written straight into bytes: payloads go from the store to the wire without a tree.
enum RecordJSON {
    /// `{"items": […], "next": cursor | null}`, and `looked_at` where what was looked for had to be read for.
    static func page<Item>(
        _ page: Page<Item>,
        looked: Int? = nil,
        _ write: (Item, inout JSONWriter) -> Void
    ) -> Response {
        answer { writer in
            writer.beginObject()
            writer.key("items")
            writer.beginArray()
            for item in page.items { write(item, &writer) }
            writer.endArray()
            writer.key("next")
            writer.value(page.next.map { JSONValue.string($0.description) } ?? .null)
            if let looked {
                writer.key("looked_at")
                writer.value(JSONValue.integer(Int64(looked)))
            }
            writer.endObject()
        }
    }

    static func answer(_ write: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        write(&writer)
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }

    /// An exchange with its parts as CloudEvents; a half that is not on record is null.
    static func write(_ exchange: Exchange, to writer: inout JSONWriter) {
        writer.beginObject()
        let facts: [(String, JSONValue)] = [
            ("requestid", .string(exchange.key.requestID)), ("namespace", .string(exchange.key.namespace)),
            ("model", .string(exchange.key.model)), ("version", JSONValue(exchange.version)),
            ("component", .string(exchange.key.component)), ("endpoint", .string(exchange.key.endpoint)),
            ("attempt", .integer(Int64(exchange.attempt))), ("time", JSONValue(exchange.time)),
            ("status_code", JSONValue(exchange.statusCode)), ("latency_ms", JSONValue(exchange.latencyMilliseconds)),
            ("flags", .array(exchange.flags.map { .string($0) })),
        ]
        let isPartial = [exchange.request, exchange.response].contains { $0?.isPayloadGone == true }
        for (name, value) in facts {
            writer.key(name)
            writer.value(value)
        }
        if isPartial {
            writer.key("payloads_deleted")
            writer.value(true)
        }
        for (name, half) in [("request", exchange.request), ("response", exchange.response)] {
            writer.key(name)
            if let half { JSONFormat.write(half.event, to: &writer) } else { writer.value(JSONValue.null) }
        }
        let lists = [
            ("verdicts", exchange.verdicts), ("explanations", exchange.explanations), ("labels", exchange.labels),
        ]
        for (name, events) in lists {
            writer.key(name)
            writer.beginArray()
            for event in events { JSONFormat.write(event.event, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    static func json(_ summary: ModelSummary, alerts: Int) -> JSONValue {
        [
            "namespace": .string(summary.namespace), "model": .string(summary.model),
            "version": JSONValue(summary.version.isEmpty ? nil : summary.version),
            "exchanges": .integer(Int64(summary.exchanges)),
            "estimated_exchanges": .number(summary.estimatedExchanges),
            "failures": .integer(Int64(summary.failures)),
            "flagged": .object(
                JSONObject(summary.flagged.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) })
            ),
            "labels": .integer(Int64(summary.labels)), "last_seen": JSONValue(summary.lastSeen),
            "open_alerts": .integer(Int64(alerts)),
        ]
    }
}
