package import CloudEvents
import HTTPMessages
package import ServiceKit

/// The events of our own family as the records that a spool keeps, written straight from what was captured.
///
/// It is what nearly every exchange takes, at a third of the cost: no event is made, and bodies are copied once.
extension PayloadEvents {
    /// The events of `exchange`, request first, ready to be offered; none when its family does not tell of it.
    ///
    /// - Throws: When a name or value breaks a rule of CloudEvents that the settings could not foresee.
    package mutating func offers(
        of exchange: CapturedExchange,
        decision: Sampling.Decision,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [OfferedEvent] {
        let isPlain =
            policy.profile == .vedette && policy.redaction == nil && policy.claims == nil
            && exchange.requestBody.cut == nil && exchange.responseBody.cut == nil
        guard isPlain else {
            return try events(of: exchange, decision: decision, generator: &generator).map { OfferedEvent($0) }
        }
        let exchange = exchange.withModelOfMessage(policy).withNamesOfAnswer(policy)
        let template = try template(of: exchange, decision)
        var request = begin(
            template.requestAttributes,
            exchange,
            exchange.requestFields,
            exchange.requestBody,
            &generator
        )
        request.set("time", .timestamp(exchange.requestedAt))
        finish(&request, exchange.requestBody)
        var response = begin(
            template.responseAttributes,
            exchange,
            exchange.responseFields,
            exchange.responseBody,
            &generator
        )
        response.set("time", .timestamp(exchange.respondedAt))
        for (name, value) in ending(of: exchange, tellsText: true) { response.set(name, value) }
        finish(&response, exchange.responseBody)
        return [
            OfferedEvent(
                type: EventType.inferenceRequest,
                record: request,
                hasData: exchange.requestBody.total > 0
            ),
            OfferedEvent(
                type: EventType.inferenceResponse,
                record: response,
                hasData: exchange.responseBody.total > 0
            ),
        ]
    }

    /// A record with what both events of an exchange have.
    private func begin(
        _ attributes: EventRecordWriter.Attributes,
        _ exchange: CapturedExchange,
        _ fields: CapturedExchange.Fields,
        _ body: CapturedBody,
        _ generator: inout some RandomNumberGenerator
    ) -> EventRecordWriter {
        var record = EventRecordWriter(attributes, dataBytes: body.kept)
        record.set("id", .string(UniqueIdentifier.random(using: &generator)))
        record.set("requestid", .string(exchange.requestID.text))
        if body.total > 0, let type = fields.value(.contentType).flatMap(HeaderFieldText.mediaType) {
            record.set("datacontenttype", .string(type))
        }
        for (name, value) in EventPayload.extensions(of: fields) { record.set(name, value) }
        for (name, value) in extensions(of: exchange) { record.set(name, value) }
        var statement = RedactionStatement()
        if let metadata = metadata(fields, nil, &statement) { record.set("metadata", .string(metadata)) }
        return record
    }

    private func finish(_ record: inout EventRecordWriter, _ body: CapturedBody) {
        record.finish(data: body.total > 0 ? body.pieces : nil)
    }
}
