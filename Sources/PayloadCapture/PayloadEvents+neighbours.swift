import CloudEvents
import HTTPMessages
import OpenInference

/// The events as KServe's agent and Seldon Core's executor send them, for consumers that were made for those.
extension PayloadEvents {
    /// KServe's: one id for both events, the request's `Ce-Id` or one of its own; the request's content type on both,
    /// nothing of what did not end with 200.
    mutating func kserve(
        _ exchange: CapturedExchange,
        keepsData: Bool,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
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
        let redactions = redactions(of: exchange)
        // Only the request's headers, on both events.
        var statement = RedactionStatement()
        extensions["metadata"] = metadata(exchange.requestFields, redactions.request, &statement).map { .string($0) }
        extensions["annotations"] = policy.annotations.map { .string($0) }
        let contentType = exchange.requestFields.value(.contentType)
        // An id that was made for the call, because it came without one, is such an id.
        let id =
            exchange.requestFields.value(.eventID)
            ?? (exchange.requestID.isNew ? exchange.requestID.text : UniqueIdentifier.random(using: &generator))
        func event(_ type: String, _ time: Timestamp, _ payload: EventPayload) throws(CloudEventError) -> CloudEvent {
            var extensions = extensions
            extensions["redaction"] = payload.statement.merged(statement).text.map { .string($0) }
            return try CloudEvent(
                id: id,
                source: target.source,
                type: type,
                time: time,
                dataContentType: contentType.flatMap(HeaderFieldText.mediaType),
                extensions: extensions,
                data: payload.data ?? (keepsData ? [] : nil)
            )
        }
        return [
            try event(
                EventType.KServe.inferenceRequest,
                exchange.requestedAt,
                payload(.request, of: exchange, keepsData: keepsData, redactions.request)
            ),
            try event(
                EventType.KServe.inferenceResponse,
                exchange.respondedAt,
                payload(.response, of: exchange, keepsData: keepsData, redactions.response)
            ),
        ]
    }

    /// Seldon's: an id each, joined by `requestid`.
    mutating func seldon(
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
        let redactions = redactions(of: exchange)
        func event(
            _ type: String,
            _ time: Timestamp,
            _ payload: EventPayload,
            _ generator: inout some RandomNumberGenerator
        ) throws(CloudEventError) -> CloudEvent {
            var extensions = extensions
            extensions["redaction"] = payload.statement.text.map { .string($0) }
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
                payload(.request, of: exchange, keepsData: keepsData, redactions.request),
                &generator
            ),
            try event(
                EventType.Seldon.inferenceResponse,
                exchange.respondedAt,
                payload(.response, of: exchange, keepsData: keepsData, redactions.response),
                &generator
            ),
        ]
    }
}
