/// CloudEvents over HTTP, binding 1.0.2: binary, structured and batched content modes.
///
/// A message is its header fields and its body; the same mapping serves requests and responses.
public enum HTTPBinding {
    /// Header fields in order.
    public typealias Headers = [(name: String, value: String)]

    // MARK: Reading

    /// Reads the events of a message; the content type tells the mode.
    ///
    /// Payload records of ModelMesh, and Kafka records of Seldon Core, which are no events of this kind, become some.
    ///
    /// - Returns: One event in binary and structured mode, any number in batched mode.
    /// - Throws: A ``CloudEventError`` that names the rule that the message breaks.
    public static func decode(headers: Headers, body: [UInt8]) throws(CloudEventError) -> [CloudEvent] {
        let contentType = headers.first { $0.name.lowercased() == "content-type" }?.value
        // The batch type begins like the structured one, so it is asked for first.
        if isBatch(contentType: contentType) {
            try checkFormat(contentType ?? "", is: JSONFormat.batchContentType)
            return try JSONFormat.decodeBatch(body)
        }
        if isEnvelope(contentType: contentType) {
            try checkFormat(contentType ?? "", is: JSONFormat.contentType)
            return [try JSONFormat.decode(body)]
        }
        let isEvent = headers.contains { $0.name.lowercased() == "ce-specversion" }
        if !isEvent, let event = try ForeignEvent.event(headers: headers, body: body) { return [event] }
        return [try ForeignEvent.unwrapped(decodeBinary(headers: headers, contentType: contentType, body: body))]
    }

    /// Whether a message is a batch of events.
    package static func isBatch(contentType: String?) -> Bool {
        contentType?.lowercased().hasPrefix("application/cloudevents-batch") ?? false
    }

    /// Whether the body of a message is an event with its attributes, or a batch of such.
    package static func isEnvelope(contentType: String?) -> Bool {
        contentType?.lowercased().hasPrefix("application/cloudevents") ?? false
    }

    private static func checkFormat(_ contentType: String, is expected: String) throws(CloudEventError) {
        guard let type = MediaType(contentType), type.essence == expected, type.isUTF8 else {
            throw CloudEventError(
                .unsupportedFormat,
                "the content type is \(contentType.prefix(128))",
                remedy: "Send \(expected) in UTF-8"
            )
        }
    }

    private static func decodeBinary(
        headers: Headers,
        contentType: String?,
        body: [UInt8]
    ) throws(CloudEventError) -> CloudEvent {
        var attributes: [String: String] = [:]
        for (name, value) in headers {
            let name = name.lowercased()
            guard name.hasPrefix("ce-") else { continue }
            let attribute = String(name.dropFirst(3))
            guard attribute != "datacontenttype", attribute != "data" else {
                throw CloudEventError(
                    .attributeName,
                    "the header \(name)",
                    remedy: "In binary mode the content type goes into Content-Type and the data into the body"
                )
            }
            let text = try HeaderText.decode(value, as: name)
            guard attributes.updateValue(text, forKey: attribute) == nil else {
                throw CloudEventError(
                    .duplicateAttribute,
                    "the header \(name) twice",
                    remedy: "Give each attribute once"
                )
            }
        }
        try SpecVersion.check(attributes.removeValue(forKey: "specversion"))
        let id = attributes.removeValue(forKey: "id")
        let source = attributes.removeValue(forKey: "source")
        let type = attributes.removeValue(forKey: "type")
        let subject = attributes.removeValue(forKey: "subject")
        let schema = attributes.removeValue(forKey: "dataschema")
        var time: Timestamp?
        if let text = attributes.removeValue(forKey: "time") { time = try Timestamp(rfc3339: text) }
        return try CloudEvent(
            id: id ?? "",
            source: source ?? "",
            type: type ?? "",
            subject: subject,
            time: time,
            dataContentType: contentType,
            dataSchema: schema,
            extensions: attributes.mapValues { .string($0) },
            data: body.isEmpty && contentType == nil ? nil : body
        )
    }

    // MARK: Writing

    /// Writes an event in binary mode: attributes as `ce-` headers, data as the body.
    public static func encodeBinary(_ event: CloudEvent) -> (headers: Headers, body: [UInt8]) {
        var headers: Headers = [
            ("ce-specversion", SpecVersion.current),
            ("ce-id", HeaderText.encode(event.id)),
            ("ce-source", HeaderText.encode(event.source)),
            ("ce-type", HeaderText.encode(event.type)),
        ]
        if let subject = event.subject { headers.append(("ce-subject", HeaderText.encode(subject))) }
        if let time = event.time { headers.append(("ce-time", time.rfc3339)) }
        if let schema = event.dataSchema { headers.append(("ce-dataschema", HeaderText.encode(schema))) }
        for (name, value) in event.extensions.sorted(by: { $0.key < $1.key }) {
            headers.append(("ce-\(name)", HeaderText.encode(value.text)))
        }
        if let contentType = event.dataContentType { headers.append(("content-type", contentType)) }
        return (headers, event.data ?? [])
    }

    /// Writes an event in structured mode: everything in one JSON object.
    public static func encodeStructured(_ event: CloudEvent) -> (headers: Headers, body: [UInt8]) {
        ([("content-type", JSONFormat.contentType)], JSONFormat.encode(event))
    }

    /// Writes a batch, which only a receiver that asked for batches may be sent.
    public static func encodeBatch(_ events: [CloudEvent]) -> (headers: Headers, body: [UInt8]) {
        ([("content-type", JSONFormat.batchContentType)], JSONFormat.encodeBatch(events))
    }
}
