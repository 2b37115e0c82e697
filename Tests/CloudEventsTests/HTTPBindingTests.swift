import CloudEvents
import JSON
import TestSupport
import Testing

@Suite struct `HTTP binding` {
    static let required: HTTPBinding.Headers = [
        ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/x"), ("ce-type", "t"),
    ]

    @Test func `encodes the specification's own header example`() throws {
        // CloudEvents HTTP binding 1.0.2, section 3.1.3.2.
        #expect(HeaderText.encode("Euro € 😀") == "Euro%20%E2%82%AC%20%F0%9F%98%80")
        #expect(HeaderText.encode("\"100%\"~!\u{7F}") == "%22100%25%22~!%7F")
        #expect(try HeaderText.decode("Euro%20%E2%82%AC%20%F0%9F%98%80", as: "ce-x") == "Euro € 😀")
    }

    static let decoded: [(header: String, value: String)] = [
        ("plain", "plain"),
        ("%e2%82%ac", "€"),
        ("%41", "A"),
        ("%2520", "%20"),
        (#""quoted \"text\" \\ %20""#, #"quoted "text" \  "#),
        ("a\"b", "a\"b"),
        ("raw € text", "raw € text"),
        ("", ""),
    ]

    @Test(arguments: decoded)
    func `decodes one round of escapes, in either case, needed or not`(header: String, value: String) throws {
        #expect(try HeaderText.decode(header, as: "ce-x") == value)
    }

    @Test(arguments: ["%", "%2", "%zz", "%C0%A0", "%ED%A0%80", "%FF", "%E2%82", "\"open", "\"a\" b"])
    func `refuses headers that do not decode`(header: String) throws {
        let error = try #require(throws: CloudEventError.self) { try HeaderText.decode(header, as: "ce-x") }
        #expect(error.code == .headerEncoding)
        #expect(error.message.contains("ce-x"))
    }

    @Test func `carries any text through headers`() throws {
        var generator = SplitMix(seed: 11)
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<20 {
                guard let scalar = Unicode.Scalar(UInt32.random(in: 0x20...0x1FFFF, using: &generator)) else {
                    continue
                }
                text.unicodeScalars.append(scalar)
            }
            let header = HeaderText.encode(text)
            #expect(header.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
            #expect(try HeaderText.decode(header, as: "ce-x") == text)
        }
    }

    @Test func `tells the mode by the content type, the batch before the structured one`() throws {
        let event = try CloudEvent(
            id: "1",
            source: "/x",
            type: "t",
            dataContentType: "application/json",
            data: Array("[1]".utf8)
        )
        let body = JSONFormat.encode(event)
        for type in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8"] {
            #expect(try HTTPBinding.decode(headers: [("Content-Type", type)], body: body) == [event])
        }
        let batch = try HTTPBinding.decode(
            headers: [("content-type", "application/cloudevents-batch+json; charset=utf-8")],
            body: JSONFormat.encodeBatch([event, event])
        )
        #expect(batch == [event, event])
        #expect(
            try HTTPBinding.decode(headers: [("content-type", JSONFormat.batchContentType)], body: Array("[]".utf8))
                == []
        )
        let binary = try HTTPBinding.decode(
            headers: Self.required + [("CONTENT-TYPE", "application/json")],
            body: Array("[1]".utf8)
        )
        #expect(binary == [event])
    }

    @Test(arguments: [
        "application/cloudevents+avro", "application/cloudevents", "application/cloudevents+json; charset=latin1",
        "application/cloudevents-batch+avro",
    ])
    func `refuses formats and character sets that it does not read`(type: String) throws {
        let error = try #require(throws: CloudEventError.self) {
            try HTTPBinding.decode(headers: [("content-type", type)], body: Array("{}".utf8))
        }
        #expect(error.code == .unsupportedFormat)
    }

    @Test func `reads every attribute of a binary event, whatever the case of its header`() throws {
        let headers: HTTPBinding.Headers = [
            ("Ce-Specversion", "1.0"), ("CE-ID", "a%20b"), ("Ce-Source", "http:://localhost:8000/"),
            ("ce-Type", EventType.KServe.inferenceRequest),
            ("CE-Time", "2026-11-25T08:00:00Z"), ("ce-subject", "s"), ("ce-dataschema", "urn:x:y"),
            ("Ce-Inferenceservicename", "digits"),
            ("Ce-Endpoint", ""), ("content-type", "text/plain"), ("x-other", "z"),
        ]
        let event = try #require(try HTTPBinding.decode(headers: headers, body: Array("hé".utf8)).first)
        #expect(event.id == "a b")
        #expect(event.time == Timestamp(nanoseconds: 1_795_593_600_000_000_000))
        #expect(event.subject == "s")
        #expect(event.dataSchema == "urn:x:y")
        #expect(event.dataContentType == "text/plain")
        #expect(event.extensions == ["inferenceservicename": "digits", "endpoint": ""])
        #expect(event.data == Array("hé".utf8))
    }

    @Test func `writes a binary event`() throws {
        let event = try CloudEvent(
            id: "1",
            source: "/x",
            type: "t",
            subject: "a b",
            time: Timestamp(nanoseconds: 0),
            dataContentType: "text/plain",
            extensions: ["b": true, "a": 3, "c": .binary([1, 2])],
            data: [65]
        )
        let (headers, body) = HTTPBinding.encodeBinary(event)
        #expect(
            headers.map { "\($0.name): \($0.value)" } == [
                "ce-specversion: 1.0", "ce-id: 1", "ce-source: /x", "ce-type: t", "ce-subject: a%20b",
                "ce-time: 1970-01-01T00:00:00Z", "ce-a: 3", "ce-b: true", "ce-c: AQI=", "content-type: text/plain",
            ]
        )
        #expect(body == [65])
    }

    static let broken: [(change: HTTPBinding.Headers, without: String, code: CloudEventError.Code)] = [
        ([], "ce-specversion", .notAnEvent),
        ([("ce-specversion", "0.3")], "ce-specversion", .specVersion),
        ([], "ce-id", .missingAttribute),
        ([("ce-id", "")], "ce-id", .missingAttribute),
        ([], "ce-source", .missingAttribute),
        ([], "ce-type", .missingAttribute),
        ([("ce-source", "a b")], "ce-source", .attributeValue),
        ([("ce-source", "1:x")], "ce-source", .attributeValue),
        ([("ce-source", "/%zz")], "ce-source", .headerEncoding),
        ([("ce-source", "/%25zz")], "ce-source", .attributeValue),
        ([("ce-time", "yesterday")], "", .attributeValue),
        ([("ce-subject", "")], "", .missingAttribute),
        ([("ce-dataschema", "relative")], "", .attributeValue),
        ([("ce-datacontenttype", "text/plain")], "", .attributeName),
        ([("ce-data", "x")], "", .attributeName),
        ([("ce-data_base64", "x")], "", .attributeName),
        ([("ce-my-name", "x")], "", .attributeName),
        ([("ce-", "x")], "", .attributeName),
        ([("CE-ID", "2")], "", .duplicateAttribute),
        ([("ce-x", "%01")], "", .attributeValue),
        ([("ce-x", "%C2%85")], "", .attributeValue),
        ([("ce-x", "%EF%BF%BF")], "", .attributeValue),
        ([("content-type", "nonsense")], "", .attributeValue),
    ]

    @Test(arguments: broken)
    func `refuses what breaks a rule, and says which`(
        change: HTTPBinding.Headers,
        without: String,
        code: CloudEventError.Code
    ) throws {
        let headers = Self.required.filter { $0.name != without } + change
        let error = try #require(throws: CloudEventError.self) { try HTTPBinding.decode(headers: headers, body: []) }
        #expect(error.code == code, "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    @Test func `keeps no data and empty data apart where the mode can`() throws {
        let none = try HTTPBinding.decode(headers: Self.required, body: [])
        #expect(none[0].data == nil)
        let empty = try HTTPBinding.decode(headers: Self.required + [("content-type", "text/plain")], body: [])
        #expect(empty[0].data == [])
    }
}
