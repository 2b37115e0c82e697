import CloudEvents
import HTTPMessages

/// The events as KServe's agent and Seldon Core's executor send them, for consumers that were made for those.
extension PayloadEvents {
    /// KServe's: one id for both events, the request's content type on both, nothing of what did not end with 200.
    func kserve(_ exchange: CapturedExchange, keepsData: Bool) throws(CloudEventError) -> [CloudEvent] {
        guard exchange.status == 200, exchange.outcome == .answered else { return [] }
        let target = CallTarget(exchange, policy: policy)
        let endpoint = exchange.endpoint ?? policy.endpoint
        let now = Timestamp.now()
        var extensions: [String: CloudEventValue] = [
            "inferenceservicename": .string(HeaderFieldText.visible(target.model ?? "")),
            "namespace": .string(policy.namespace),
            "component": .string(policy.component),
            "endpoint": .string(endpoint == "default" ? "" : endpoint),
            "recordedtime": .timestamp(now),
        ]
        // Only the request's headers, on both events.
        extensions["metadata"] = metadata(exchange.requestFields).map { .string($0) }
        let contentType = exchange.requestFields.value(.contentType)
        func event(_ type: String, _ time: Timestamp, _ body: CapturedBody) throws(CloudEventError) -> CloudEvent {
            let payload = EventPayload(exchange.requestFields, body, keepsData: keepsData)
            return try CloudEvent(
                id: exchange.requestFields.value(.eventID) ?? exchange.requestID.text,
                source: target.source,
                type: type,
                time: time,
                dataContentType: contentType.flatMap(HeaderFieldText.mediaType),
                extensions: extensions,
                data: payload.data ?? (keepsData ? [] : nil)
            )
        }
        return [
            try event(EventType.KServe.inferenceRequest, exchange.requestedAt, exchange.requestBody),
            try event(EventType.KServe.inferenceResponse, exchange.respondedAt, exchange.responseBody),
        ]
    }

    /// Seldon's: an id each, joined by `requestid`.
    func seldon(
        _ exchange: CapturedExchange,
        keepsData: Bool,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        let target = CallTarget(exchange, policy: policy)
        let extensions: [String: CloudEventValue] = [
            "requestid": .string(exchange.requestID.text),
            "modelid": .string(HeaderFieldText.visible(target.model ?? "")),
            "inferenceservicename": .string(HeaderFieldText.visible(target.model ?? "")),
            "namespace": .string(policy.namespace),
            "endpoint": .string(exchange.endpoint ?? policy.endpoint),
            "protocol": .string(target.dialect.rawValue),
        ]
        func event(
            _ type: String,
            _ time: Timestamp,
            _ fields: CapturedExchange.Fields,
            _ body: CapturedBody,
            _ generator: inout some RandomNumberGenerator
        ) throws(CloudEventError) -> CloudEvent {
            let payload = EventPayload(fields, body, keepsData: keepsData)
            return try CloudEvent(
                id: UniqueIdentifier.random(using: &generator),
                source: target.source,
                type: type,
                time: time,
                dataContentType: payload.contentType,
                extensions: extensions,
                data: payload.data ?? (keepsData ? [] : nil)
            )
        }
        return [
            try event(
                EventType.Seldon.inferenceRequest,
                exchange.requestedAt,
                exchange.requestFields,
                exchange.requestBody,
                &generator
            ),
            try event(
                EventType.Seldon.inferenceResponse,
                exchange.respondedAt,
                exchange.responseFields,
                exchange.responseBody,
                &generator
            ),
        ]
    }
}
