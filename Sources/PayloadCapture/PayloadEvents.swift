package import CloudEvents
import HTTPMessages
import JSON
import OpenInference

/// Makes the events of an exchange, in the family that the policy names.
///
/// A value of one worker: it remembers what the events of calls to one path have in common, checked once.
package struct PayloadEvents: Sendable {
    let policy: CapturePolicy
    var templates = BoundedMemory<EventTemplate.Kind, EventTemplate>(limit: 256)
    private var redactions = BoundedMemory<[String], Redactions>(limit: 256)
    /// How many bodies were redacted since somebody asked, by how it ended.
    private var redacted: [CaptureMetrics.Redaction: Int] = [:]

    /// What is done to the halves of a call.
    struct Redactions: Sendable {
        var request: HalfRedaction?
        var response: HalfRedaction?
    }

    package init(policy: CapturePolicy) {
        self.policy = policy
    }

    /// The events of `exchange`, request first; none when its family does not tell of such an exchange.
    ///
    /// - Parameters:
    ///   - decision: Why it was kept.
    ///   - keepsData: Whether the bodies go with the events; without, the events say `dataomitted`.
    ///   - generator: Where the events' ids come from.
    /// - Throws: When a name or value breaks a rule of CloudEvents that the settings could not foresee.
    package mutating func events(
        of exchange: CapturedExchange,
        decision: Sampling.Decision,
        keepsData: Bool = true,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        let exchange = exchange.withModelOfMessage(policy)
        return switch policy.profile {
        case .vedette: try vedette(exchange, decision, keepsData: keepsData, generator: &generator)
        case .kserve: try kserve(exchange, keepsData: keepsData, generator: &generator)
        case .seldon: try seldon(exchange, keepsData: keepsData, generator: &generator)
        }
    }

    /// How many bodies were redacted since this was last asked.
    package mutating func takeRedacted() -> [CaptureMetrics.Redaction: Int] {
        defer { redacted = [:] }
        return redacted
    }

    /// What is done to the halves of an exchange.
    ///
    /// Rules for a model count when it is named by the settings, by the path, or by the one message of a gRPC call, and
    /// all do where none names one: where that message is compressed, and in streams, whose messages may name several.
    mutating func redactions(of exchange: CapturedExchange) -> Redactions {
        guard let redaction = policy.redaction else { return Redactions() }
        let isStream = exchange.target.hasSuffix("/ModelStreamInfer")
        let named =
            isStream
            ? [policy.model].compactMap { $0 }
            : exchange.model.map { [$0] } ?? [policy.model, ModelPath(exchange.target)?.model].compactMap { $0 }
        return redactions.value(named) {
            Redactions(
                request: redaction.half(.request, models: named),
                response: redaction.half(.response, models: named)
            )
        }
    }

    /// The body of one half as the data of an event.
    mutating func payload(
        _ role: Payload.Role,
        of exchange: CapturedExchange,
        keepsData: Bool,
        _ half: HalfRedaction?
    ) -> EventPayload {
        let isRequest = role == .request
        let hints = PayloadHints(path: exchange.target, role: role)
        var payload = EventPayload(
            isRequest ? exchange.requestFields : exchange.responseFields,
            isRequest ? exchange.requestBody : exchange.responseBody,
            keepsData: keepsData,
            half,
            hints
        )
        if let claims = policy.claims {
            payload.claim(
                claims,
                hints,
                policy.paths[exchange.model ?? policy.model ?? ModelPath(exchange.target)?.model]
            )
        }
        if let outcome = payload.outcome { redacted[outcome, default: 0] += 1 }
        return payload
    }

    /// The allow-listed headers as a JSON object of lists, as KServe gives them; nil when there are none.
    func metadata(
        _ fields: CapturedExchange.Fields,
        _ half: HalfRedaction?,
        _ statement: inout RedactionStatement
    ) -> String? {
        guard !policy.headers.isEmpty else { return nil }
        var object = JSONObject()
        for (name, value) in fields.all {
            let lowercased = name.lowercased()
            guard policy.headers.contains(where: { $0.matches(lowercased) }) else { continue }
            var told: String? = value
            if let half, let action = half.action(onHeader: lowercased) {
                told = half.redacted(header: value, action)
                statement.add(header: lowercased, action)
            }
            if let told { object[name] = .array((object[name]?.array ?? []) + [.string(told)]) }
        }
        return object.isEmpty ? nil : JSONValue.object(object).text
    }
}
