import CloudEvents
import HTTPMessages

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
        var request = try event(
            template.request,
            of: exchange,
            at: exchange.requestedAt,
            EventPayload(exchange.requestFields, exchange.requestBody, keepsData: keepsData),
            generator: &generator
        )
        if let metadata = metadata(exchange.requestFields) {
            try request.setExtension("metadata", to: .string(metadata))
        }
        var response = try event(
            template.response,
            of: exchange,
            at: exchange.respondedAt,
            EventPayload(exchange.responseFields, exchange.responseBody, keepsData: keepsData),
            generator: &generator
        )
        if let metadata = metadata(exchange.responseFields) {
            try response.setExtension("metadata", to: .string(metadata))
        }
        try response.setExtension("statuscode", to: .integer(Int32(clamping: exchange.status)))
        let milliseconds = (exchange.duration + 500_000) / 1_000_000
        try response.setExtension("latencyms", to: .integer(Int32(clamping: milliseconds)))
        if exchange.outcome != .answered {
            try response.setExtension("outcome", to: .string(exchange.outcome.rawValue))
        }
        return [request, response]
    }

    /// An event with what is the same on both of an exchange.
    private func event(
        _ template: CloudEvent,
        of exchange: CapturedExchange,
        at time: Timestamp,
        _ payload: EventPayload,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> CloudEvent {
        var event = try template.reissued(
            id: UniqueIdentifier.random(using: &generator),
            time: time,
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
        if let replaced = exchange.requestID.replaced {
            let shortened = String(replaced.prefix(128))
            try event.setExtension("originalrequestid", to: .string(HeaderFieldText.visible(shortened)))
        }
        return event
    }
}
