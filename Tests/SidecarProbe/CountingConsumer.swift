import CloudEvents
import JSON
import Journal
import ServiceKit

/// Counts events by model and says so at every third: enough state to show whether a resume is exact.
actor CountingConsumer: EventConsumer {
    private var counts: [String: Int] = [:]

    func observe(_ record: ConsumerRecord) throws -> [CloudEvent] {
        guard case .event(let event) = record.content else { return [] }
        let model = event[extension: "model"] ?? "none"
        guard model != "poison" else { throw ServiceError(.unprocessable, "poison", remedy: "Send something else") }
        let count = (counts[model] ?? 0) + 1
        counts[model] = count
        let isAsked = event.type == "test.echo"
        guard isAsked || count % 3 == 0 else { return [] }
        return [
            try CloudEvent(
                id: "\(model)-\(count)",
                source: "/vedette/default/counting",
                type: EventType.drift,
                dataContentType: "application/json",
                extensions: ["partitionkey": .string(model), "causationid": .string(event.id)],
                data: JSONValue.object(["count": .integer(Int64(count))]).serialized()
            )
        ]
    }

    func snapshot() -> [UInt8] {
        JSONValue.object(
            JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer(Int64($0.value))) })
        ).serialized()
    }

    func restore(_ snapshot: [UInt8]) throws {
        counts = [:]
        for (model, count) in try JSONValue(parsing: snapshot).object ?? [:] { counts[model] = count.int ?? 0 }
    }
}
