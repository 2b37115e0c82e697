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
        let kind = EventTemplate.Kind(
            target: exchange.target,
            model: exchange.model,
            version: exchange.version,
            endpoint: exchange.endpoint,
            decision: decision
        )
        let policy = policy
        let template = try templates.value(kind) { () throws(CloudEventError) in
            try EventTemplate(exchange, decision, policy: policy)
        }
        let redactions = redactions(of: exchange)
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
        try response.setExtension("statuscode", to: .integer(Int32(clamping: exchange.status)))
        let milliseconds = (exchange.duration + 500_000) / 1_000_000
        try response.setExtension("latencyms", to: .integer(Int32(clamping: milliseconds)))
        if exchange.outcome != .answered {
            try response.setExtension("outcome", to: .string(exchange.outcome.rawValue))
        }
        return [request, response]
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
        if let trace = exchange.requestFields.value(.traceparent) {
            try event.setExtension("traceparent", to: .string(HeaderFieldText.visible(trace)))
        }
        if let flow = exchange.requestFields.value(.eventCorrelationID) {
            try event.setExtension("correlationid", to: .string(HeaderFieldText.visible(flow)))
        }
        if let replaced = exchange.requestID.replaced, half?.action(onHeader: "x-request-id") == nil {
            let shortened = String(replaced.prefix(128))
            try event.setExtension("originalrequestid", to: .string(HeaderFieldText.visible(shortened)))
        }
        let fields = role == .request ? exchange.requestFields : exchange.responseFields
        if let metadata = metadata(fields, half, &payload.statement) {
            try event.setExtension("metadata", to: .string(metadata))
        }
        if let statement = payload.statement.text { try event.setExtension("redaction", to: .string(statement)) }
        return event
    }
}
