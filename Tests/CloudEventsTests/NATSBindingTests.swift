import CloudEvents
import Testing

@Suite struct `CloudEvents over NATS` {
    private func event() throws -> CloudEvent {
        try CloudEvent(
            id: "1",
            source: "/test",
            type: "test.event",
            subject: "Euro € 😀",
            dataContentType: "application/json",
            extensions: ["requestid": "r 1"],
            data: Array("{\"a\":1}".utf8)
        )
    }

    @Test func `carry the content type as an attribute and encode values as over HTTP`() throws {
        let (headers, body) = NATSBinding.encodeBinary(try event())
        let fields = Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
        #expect(fields["ce-datacontenttype"] == "application/json")
        #expect(fields["content-type"] == nil)
        // The specification's own example of the encoding.
        #expect(fields["ce-subject"] == "Euro%20%E2%82%AC%20%F0%9F%98%80")
        #expect(body == Array("{\"a\":1}".utf8))
    }

    @Test func `read back in both modes`() throws {
        let event = try event()
        let binary = NATSBinding.encodeBinary(event)
        #expect(try NATSBinding.decode(headers: binary.headers, body: binary.body) == event)
        let structured = NATSBinding.encodeStructured(event)
        #expect(try NATSBinding.decode(headers: structured.headers, body: structured.body) == event)
        #expect(try NATSBinding.decode(headers: [], body: structured.body) == event)
    }

    @Test func `are refused where they are none`() throws {
        #expect(throws: CloudEventError.self) { try NATSBinding.decode(headers: [], body: Array("no event".utf8)) }
        #expect(throws: CloudEventError.self) { try NATSBinding.decode(headers: [("ce-specversion", "1.0")], body: []) }
    }
}
