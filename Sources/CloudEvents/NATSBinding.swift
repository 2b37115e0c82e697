/// CloudEvents over NATS, binding 1.0: binary content in a message's headers, or structured content as its data.
///
/// Header values are percent-encoded as over HTTP; unlike there, the content type of the data is `ce-datacontenttype`.
public enum NATSBinding {
    /// Reads the event of a message.
    ///
    /// - Throws: A ``CloudEventError`` that names the rule that the message breaks.
    public static func decode(headers: HTTPBinding.Headers, body: [UInt8]) throws(CloudEventError) -> CloudEvent {
        guard headers.contains(where: { $0.name.lowercased() == "ce-specversion" }) else {
            return try JSONFormat.decode(body)
        }
        let attributes = headers.map { name, value in
            name.lowercased() == "ce-datacontenttype" ? ("content-type", value) : (name, value)
        }
        return try HTTPBinding.decode(headers: attributes, body: body)[0]
    }

    /// Writes an event in binary mode: attributes as `ce-` headers, data as the message's.
    public static func encodeBinary(_ event: CloudEvent) -> (headers: HTTPBinding.Headers, body: [UInt8]) {
        let (headers, body) = HTTPBinding.encodeBinary(event)
        return (headers.map { $0.name == "content-type" ? ("ce-datacontenttype", $0.value) : $0 }, body)
    }

    /// Writes an event in structured mode: everything in one JSON object.
    public static func encodeStructured(_ event: CloudEvent) -> (headers: HTTPBinding.Headers, body: [UInt8]) {
        HTTPBinding.encodeStructured(event)
    }
}
