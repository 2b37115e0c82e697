import CloudEvents
import HTTPTypes
import JSON

/// The answer that Seldon's server of alibi-detect gives to an event: 200 with the verdict as JSON in an event of the
/// request's own id and extensions, or 200 with nothing when there is no verdict yet.
///
/// Outlier scores go along when the headers `Alibi-Detect-Return-Instance-Score` and `-Feature-Score` are `true`; members
/// of verdicts on rows that are null are left out, as there.
enum AlibiDetectReply {
    /// Whether the sender of an event expects such answers, whatever it says that it prefers.
    static func isExpected(by event: CloudEvent) -> Bool { suits(event) && EventDialect(type: event.type) == .seldon }

    /// Whether answers to an event have this form.
    static func suits(_ event: CloudEvent) -> Bool {
        EventDialect(type: event.type) != .vedette
            && (EventType.isInferenceRequest(event.type) || EventType.isInferenceResponse(event.type))
    }

    /// The answer to an event that gave rise to a verdict, or to none yet.
    static func answer(to event: CloudEvent, _ verdict: CloudEvent?, asked request: HotRequest) -> HotResponse {
        guard let verdict, let reply = reply(to: event, verdict, asked: request) else {
            return HotResponse(status: .ok)
        }
        let (headers, body) = HTTPBinding.encodeBinary(reply)
        return HotResponse(status: .ok, headers: headers, body: body)
    }

    private static func reply(to event: CloudEvent, _ verdict: CloudEvent, asked request: HotRequest) -> CloudEvent? {
        guard let tree = try? verdict.dataTree(), var data = tree["data"]?.object else { return nil }
        if verdict.type != EventType.drift {
            if verdict.type == EventType.outlier {
                for (member, header) in [
                    ("instance_score", "alibi-detect-return-instance-score"),
                    ("feature_score", "alibi-detect-return-feature-score"),
                ] where request.header(header) != "true" { data[member] = .null }
            }
            data = JSONObject(data.filter { $0.value != .null }.map { ($0.key, $0.value) })
        }
        let kind = verdict.type.split(separator: ".").last ?? ""
        return try? CloudEvent(
            id: event.id,
            source: verdict.source,
            type: "io.seldon.serving.inference.\(kind)",
            time: verdict.time,
            dataContentType: "application/json",
            extensions: event.extensions,
            data: JSONValue.object(["data": .object(data), "meta": tree["meta"] ?? .null]).serialized()
        )
    }
}
