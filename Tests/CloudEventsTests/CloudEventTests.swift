import CloudEvents
import Testing

@Suite struct `Cloud events` {
    @Test(arguments: [
        "/vedette/default/tap", "https://example.com/a?b=c#d", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "mailto:x@example.com",
        "1-555-123-4567", "../a", "a/b:c", "?q", "#f", "//host/path", "http://[::1]:8080/", "http:://localhost:8000/",
        "%41", "io.seldon.serving",
    ])
    func `take any URI reference as source`(source: String) {
        #expect(throws: Never.self) { try CloudEvent(id: "1", source: source, type: "t") }
    }

    @Test(arguments: [
        "", " ", "a b", "é", "<x>", "1:x", ":x", "a#b#c", "/[x]", "%4", "%", "a\\b", "{x}", "a|b", "\u{7F}",
    ])
    func `refuse a source that is no URI reference`(source: String) {
        #expect(throws: CloudEventError.self) { try CloudEvent(id: "1", source: source, type: "t") }
    }

    @Test func `take names of extensions in lower case and digits alone`() throws {
        var event = try CloudEvent(
            id: "1",
            source: "/x",
            type: "t",
            extensions: ["inferenceservicename": "x", "a1": 1]
        )
        for name in ["", "A", "a-b", "a_b", "é", "id", "data", "time", "specversion"] {
            let error = try #require(throws: CloudEventError.self) { try event.setExtension(name, to: "x") }
            #expect(error.code == .attributeName)
        }
        try event.setExtension("a1", to: nil)
        try event.setExtension("b", to: .timestamp(Timestamp(nanoseconds: 0)))
        #expect(event.extensions == ["inferenceservicename": "x", "b": .timestamp(Timestamp(nanoseconds: 0))])
        #expect(event[extension: "b"] == "1970-01-01T00:00:00Z")
    }

    @Test func `check the rule of each type of value`() throws {
        func with(_ value: CloudEventValue) throws -> CloudEvent {
            try CloudEvent(id: "1", source: "/x", type: "t", extensions: ["x": value])
        }
        for value in [
            CloudEventValue.string("é €"), .uri("urn:x"), .uriReference("../x"), .binary([0]), .boolean(false),
            .integer(.min),
        ] {
            #expect(throws: Never.self) { try with(value) }
        }
        let noncharacters = ([0xFDD0, 0x1FFFF] as [UInt32]).compactMap(Unicode.Scalar.init).map {
            CloudEventValue.string(String($0))
        }
        for value in noncharacters + [.string("a\nb"), .uri("../x"), .uri("urn:x#f"), .uriReference("")] {
            #expect(throws: CloudEventError.self) { try with(value) }
        }
    }

    @Test func `read numbers and truth values from text, as binary mode carries them`() {
        #expect(CloudEventValue.string("12").integer == 12)
        #expect(CloudEventValue.integer(3).integer == 3)
        #expect(CloudEventValue.string("x").integer == nil)
        #expect(CloudEventValue.string("true").boolean == true)
    }

    @Test func `hand out attributes by name and take other data`() throws {
        let event = try CloudEvent(
            id: "1",
            source: "/x",
            type: "t",
            dataContentType: "text/plain",
            extensions: ["a": true],
            data: [1]
        )
        #expect(
            ["id", "source", "type", "specversion", "datacontenttype", "a", "b"].map { event.attribute($0) } == [
                "1", "/x", "t", "1.0", "text/plain", "true", nil,
            ]
        )
        let other = try event.replacingData(nil, contentType: nil)
        #expect(other.data == nil)
        #expect(other.id == "1")
        #expect(throws: CloudEventError.self) { try event.replacingData([], contentType: "x") }
    }

    @Test func `tell dialects by type`() {
        #expect(EventDialect(type: EventType.Seldon.inferenceRequest) == .seldon)
        #expect(EventDialect(type: EventType.KServe.inferenceResponse) == .kserve)
        #expect(EventDialect(type: EventType.inferenceRequest) == .vedette)
        #expect(EventDialect(type: EventType.drift) == nil)
        #expect(EventType.isInferenceRequest(EventType.KServe.inferenceRequest))
        #expect(EventType.isInferenceResponse(EventType.Seldon.inferenceResponse))
        #expect(EventType.isVerdict(EventType.quality))
        #expect(!EventType.isVerdict(EventType.alert))
    }
}
