package import CloudEvents
import HTTPMessages
import JSON

/// Makes the events of an exchange, in the family that the policy names.
package struct PayloadEvents: Sendable {
    let policy: CapturePolicy

    package init(policy: CapturePolicy) {
        self.policy = policy
    }

    /// What the events of one exchange have in common.
    struct Call {
        var exchange: CapturedExchange
        var decision: Sampling.Decision
        var model: String?
        var version: String?
        var path: String
        var source: String

        /// `<namespace>/<model>/<endpoint>`: the unit of order.
        func partition(_ policy: CapturePolicy) -> String { "\(policy.namespace)/\(model ?? "")/\(policy.endpoint)" }
    }

    /// The events of `exchange`, request first; none when its family does not tell of such an exchange.
    ///
    /// - Parameters:
    ///   - decision: Why it was kept.
    ///   - generator: Where the events' ids come from.
    /// - Throws: When a name or value breaks a rule of CloudEvents that the settings could not foresee.
    package func events(
        of exchange: CapturedExchange,
        decision: Sampling.Decision,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        let path = ModelPath(exchange.target)
        let model = exchange.model ?? policy.model ?? path?.model
        let call = Call(
            exchange: exchange,
            decision: decision,
            model: model,
            version: exchange.version ?? policy.version ?? path?.version,
            path: String(exchange.target.prefix { $0 != "?" }),
            source: policy.source ?? "/vedette/\(policy.namespace)/\(model ?? "tap")"
        )
        return switch policy.profile {
        case .vedette: try vedette(call, generator: &generator)
        case .kserve: try kserve(call)
        case .seldon: try seldon(call, generator: &generator)
        }
    }

    // MARK: Our own family

    private func vedette(
        _ call: Call,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        let exchange = call.exchange
        var common: [String: CloudEventValue] = [
            "requestid": .string(exchange.requestID.text),
            "namespace": .string(policy.namespace),
            "component": .string(policy.component),
            "endpoint": .string(policy.endpoint),
            "dialect": .string(PayloadDialect(path: call.path).rawValue),
            "path": .string(HeaderFieldText.visible(call.path)),
            "partitionkey": .string(call.partition(policy)),
            "sampledrate": .integer(call.decision.standsFor),
            "samplereason": .string(call.decision.reason.rawValue),
        ]
        common["model"] = call.model.map { .string(HeaderFieldText.visible($0)) }
        common["modelversion"] = call.version.map { .string(HeaderFieldText.visible($0)) }
        common["traceparent"] = exchange.requestFields.value(.traceparent).map { .string(HeaderFieldText.visible($0)) }
        common["correlationid"] = exchange.requestFields.value(.eventCorrelationID)
            .map { .string(HeaderFieldText.visible($0)) }
        common["originalrequestid"] = exchange.requestID.replaced
            .map { .string(HeaderFieldText.visible(String($0.prefix(128)))) }

        var response = common
        response["statuscode"] = .integer(Int32(clamping: exchange.status))
        response["latencyms"] = .integer(Int32(clamping: (exchange.duration + 500_000) / 1_000_000))
        if exchange.outcome != .answered { response["outcome"] = .string(exchange.outcome.rawValue) }
        return [
            try event(
                type: EventType.inferenceRequest,
                call,
                time: exchange.requestedAt,
                extensions: common,
                message: (exchange.requestFields, exchange.requestBody),
                generator: &generator
            ),
            try event(
                type: EventType.inferenceResponse,
                call,
                time: exchange.respondedAt,
                extensions: response,
                message: (exchange.responseFields, exchange.responseBody),
                generator: &generator
            ),
        ]
    }

    private func event(
        type: String,
        _ call: Call,
        time: Timestamp,
        extensions: [String: CloudEventValue],
        message: (fields: CapturedExchange.Fields, body: CapturedBody),
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> CloudEvent {
        var payload = EventPayload(message.fields, message.body)
        payload.extensions.merge(extensions) { $1 }
        if let metadata = metadata(message.fields) { payload.extensions["metadata"] = .string(metadata) }
        return try CloudEvent(
            id: UniqueIdentifier.random(using: &generator),
            source: call.source,
            type: type,
            time: time,
            dataContentType: payload.contentType,
            extensions: payload.extensions,
            data: payload.data
        )
    }

    /// The allow-listed headers as a JSON object of lists, as KServe gives them; nil when there are none.
    func metadata(_ fields: CapturedExchange.Fields) -> String? {
        guard !policy.headers.isEmpty else { return nil }
        var object = JSONObject()
        for (name, value) in fields.all where policy.headers.contains(name.lowercased()) {
            object[name] = .array((object[name]?.array ?? []) + [.string(value)])
        }
        return object.isEmpty ? nil : JSONValue.object(object).text
    }
}
