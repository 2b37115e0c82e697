import CloudEvents
import HTTPMessages
import OpenInference

/// Our own family: two events with ids of their own, joined by `requestid`.
extension PayloadEvents {
    mutating func vedette(
        _ exchange: CapturedExchange,
        _ decision: Sampling.Decision,
        keepsData: Bool,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        let redactions = redactions(of: exchange)
        // Of a body that is redacted nothing is told but what redaction leaves in it.
        let exchange = redactions.response?.body == nil ? exchange.withNamesOfAnswer(policy) : exchange
        let template = try template(of: exchange, decision)
        let request = try event(
            template.request,
            of: exchange,
            .request,
            redactions.request,
            keepsData: keepsData,
            generator: &generator
        )
        var response = try event(
            template.response,
            of: exchange,
            .response,
            redactions.response,
            keepsData: keepsData,
            generator: &generator
        )
        let tellsText = redactions.response?.body == nil
        for (name, value) in ending(of: exchange, tellsText: tellsText) { try response.setExtension(name, to: value) }
        return [request, response]
    }

    /// The extensions of a response that say how the exchange ended.
    ///
    /// - Parameter tellsText: Whether the text of a gRPC error may be told, which may quote what was sent.
    func ending(of exchange: CapturedExchange, tellsText: Bool) -> [(name: String, value: CloudEventValue)] {
        var extensions: [(name: String, value: CloudEventValue)] = [
            ("statuscode", .integer(Int32(clamping: exchange.status))), ("latencyms", .integer(exchange.milliseconds)),
        ]
        if exchange.outcome != .answered { extensions.append(("outcome", .string(exchange.outcome.rawValue))) }
        guard let status = exchange.grpcStatus else { return extensions }
        extensions.append(("grpcstatus", .integer(Int32(clamping: status.rawValue))))
        if tellsText, let message = exchange.grpcMessage, !message.isEmpty {
            let text = HeaderFieldText.visible(GRPCOutcome.decoded(message: message))
            extensions.append(("grpcmessage", .string(String(text.prefix(1024)))))
        }
        return extensions
    }

    /// An id is replaced for its length too, so it is kept far beyond what an id may have; not beyond what a sink takes as
    /// a header.
    private static let originalIDLimit = 4096

    /// What all calls to its path have in common.
    mutating func template(
        of exchange: CapturedExchange,
        _ decision: Sampling.Decision
    ) throws(CloudEventError) -> EventTemplate {
        let kind = EventTemplate.Kind(
            target: exchange.target,
            model: exchange.model,
            version: exchange.version,
            endpoint: exchange.endpoint,
            decision: decision
        )
        let policy = policy
        return try templates.value(kind) { () throws(CloudEventError) in
            try EventTemplate(exchange, decision, policy: policy)
        }
    }

    /// The extensions that a request's headers give both events.
    func extensions(of exchange: CapturedExchange) -> [(name: String, value: CloudEventValue)] {
        var extensions: [(name: String, value: CloudEventValue)] = []
        if let trace = exchange.requestFields.value(.traceparent) {
            extensions.append(("traceparent", .string(HeaderFieldText.visible(trace))))
        }
        if let flow = exchange.requestFields.value(.eventCorrelationID) {
            extensions.append(("correlationid", .string(HeaderFieldText.visible(flow))))
        }
        if let replaced = exchange.requestID.replaced {
            let kept = replaced.prefix(Self.originalIDLimit)
            extensions.append(("originalrequestid", .string(HeaderFieldText.visible(String(kept)))))
        }
        return extensions
    }

    /// An event with what is the same on both of an exchange.
    private mutating func event(
        _ template: CloudEvent,
        of exchange: CapturedExchange,
        _ role: Payload.Role,
        _ half: HalfRedaction?,
        keepsData: Bool,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> CloudEvent {
        var payload = payload(role, of: exchange, keepsData: keepsData, half)
        var event = try template.reissued(
            id: UniqueIdentifier.random(using: &generator),
            time: role == .request ? exchange.requestedAt : exchange.respondedAt,
            dataContentType: payload.contentType,
            data: payload.data
        )
        try event.setExtension("requestid", to: .string(exchange.requestID.text))
        for (name, value) in payload.extensions { try event.setExtension(name, to: value) }
        for (name, value) in extensions(of: exchange) {
            let isHidden = name == "originalrequestid" && half?.action(onHeader: "x-request-id") != nil
            if !isHidden { try event.setExtension(name, to: value) }
        }
        let fields = role == .request ? exchange.requestFields : exchange.responseFields
        if let metadata = metadata(fields, half, &payload.statement) {
            try event.setExtension("metadata", to: .string(metadata))
        }
        if let statement = payload.statement.text { try event.setExtension("redaction", to: .string(statement)) }
        return event
    }
}
