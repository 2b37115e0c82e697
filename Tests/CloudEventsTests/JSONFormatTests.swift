import CloudEvents
import JSON
import TestSupport
import Testing

@Suite struct `JSON event format` {
    static func decode(_ members: String) throws -> CloudEvent {
        try JSONFormat.decode(Array(#"{"specversion":"1.0","id":"1","source":"/x","type":"t"\#(members)}"#.utf8))
    }

    @Test func `keeps JSON data byte for byte, strings included`() throws {
        let event = try Self.decode(#", "datacontenttype":"application/json", "data": {"b" : 1.10, "a":[ 1e3]}"#)
        #expect(event.data == Array(#"{"b" : 1.10, "a":[ 1e3]}"#.utf8))
        let text = try Self.decode(#", "datacontenttype":"application/vnd.x+json", "data": "{\"a\":1}""#)
        #expect(text.data == Array(#""{\"a\":1}""#.utf8))
        #expect(try JSONValue(parsing: JSONFormat.encode(text))["data"] == #"{"a":1}"#)
    }

    @Test func `takes data without a content type for JSON, and base64 for bytes`() throws {
        #expect(try Self.decode(#","data":7"#).dataContentType == "application/json")
        let bytes = try Self.decode(#","data_base64":"AQI=""#)
        #expect(bytes.dataContentType == nil)
        #expect(bytes.data == [1, 2])
        #expect(HTTPBinding.encodeBinary(bytes).headers.allSatisfy { $0.name != "content-type" })
    }

    @Test func `takes text data from a string`() throws {
        let event = try Self.decode(#","datacontenttype":"text/xml","data":"<a>é\n</a>""#)
        #expect(event.data == Array("<a>é\n</a>".utf8))
        #expect(try JSONFormat.decode(JSONFormat.encode(event)) == event)
    }

    @Test func `writes as base64 what is no JSON or text`() throws {
        for (type, data) in [
            ("application/json", "[NaN]"), ("application/json", "{"), ("application/octet-stream", "abc"),
            ("text/plain", "\u{FF}"),
        ] {
            let bytes: [UInt8] = type == "text/plain" ? [0xFF] : Array(data.utf8)
            let event = try CloudEvent(id: "1", source: "/x", type: "t", dataContentType: type, data: bytes)
            let tree = try JSONValue(parsing: JSONFormat.encode(event), limits: .strict)
            #expect(tree["data"] == nil)
            #expect(tree["data_base64"]?.string != nil)
            #expect(try JSONFormat.decode(JSONFormat.encode(event)) == event)
        }
    }

    @Test func `reads null members as absent and extensions with their types`() throws {
        let event = try Self.decode(#","subject":null,"a":true,"b":-7,"c":"x","d":null,"data":null"#)
        #expect(event.subject == nil)
        #expect(event.data == nil)
        #expect(event.extensions == ["a": true, "b": -7, "c": "x"])
    }

    static let broken: [(members: String, code: CloudEventError.Code)] = [
        (#","data":1,"data_base64":"AQI=""#, .data),
        (#","data_base64":"AQI""#, .data),
        (#","data_base64":"A*I=""#, .data),
        (#","data_base64":"AR==""#, .data),
        (#","data_base64":7"#, .data),
        (#","datacontenttype":"text/xml","data":{"a":1}"#, .data),
        (#","subject":7"#, .attributeValue),
        (#","subject":"""#, .missingAttribute),
        (#","time":"2026""#, .attributeValue),
        (#","x":1.5"#, .attributeValue),
        (#","x":2147483648"#, .attributeValue),
        (#","x":{}"#, .attributeValue),
        (#","x":[]"#, .attributeValue),
        (#","X":"x""#, .attributeName),
        (#","a_b":"x""#, .attributeName),
        (#","id":"2""#, .duplicateAttribute),
        (#","dataschema":"x""#, .attributeValue),
        (#","x":"\u0007""#, .attributeValue),
        (#","x":"\ufffe""#, .attributeValue),
        (#","x":"\ud800""#, .malformedJSON),
        (#","x":}"#, .malformedJSON),
        (#"} x"#, .malformedJSON),
    ]

    @Test(arguments: broken)
    func `refuses what breaks a rule, and says which`(members: String, code: CloudEventError.Code) throws {
        let error = try #require(throws: CloudEventError.self) { try Self.decode(members) }
        #expect(error.code == code, "\(error)")
    }

    @Test(arguments: [
        (#"{"id":"1","source":"/x","type":"t"}"#, CloudEventError.Code.notAnEvent),
        (#"{"specversion":"0.3","id":"1","source":"/x","type":"t"}"#, .specVersion),
        (#"{"specversion":1.0,"id":"1","source":"/x","type":"t"}"#, .attributeValue),
        (#"{"specversion":"1.0","source":"/x","type":"t"}"#, .missingAttribute),
        (#"[]"#, .malformedJSON),
        ("", .malformedJSON),
    ])
    func `refuses envelopes without what is required`(text: String, code: CloudEventError.Code) throws {
        let error = try #require(throws: CloudEventError.self) { try JSONFormat.decode(Array(text.utf8)) }
        #expect(error.code == code, "\(error)")
    }

    @Test func `reads and writes lines, and names the line that is broken`() throws {
        let events = try ["1", "2", "3"].map { try CloudEvent(id: $0, source: "/x", type: "t") }
        let lines = JSONFormat.encodeLines(events)
        #expect(try JSONFormat.decodeLines(lines) == events)
        #expect(try JSONFormat.decodeLines(Array("\n\r\n".utf8) + lines) == events)
        let error = try #require(throws: CloudEventError.self) {
            try JSONFormat.decodeLines(lines + Array("{}\n".utf8))
        }
        #expect(error.message.hasPrefix("line 4: "))
    }

    @Test func `carries random events through structured mode and batches`() throws {
        var generator = SplitMix(seed: 13)
        var events: [CloudEvent] = []
        for index in 0..<200 {
            let data = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            events.append(
                try CloudEvent(
                    id: "é-\(index)",
                    source: "urn:x:\(index)",
                    type: "t\(index)",
                    subject: index % 2 == 0 ? "s \"\\\(index)" : nil,
                    time: Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &generator) / 1000 * 1000),
                    dataContentType: ["application/json", "text/plain", "application/octet-stream"].randomElement(
                        using: &generator
                    ),
                    extensions: [
                        "n": .integer(Int32.random(in: .min ... .max, using: &generator)),
                        "b": .boolean(index % 3 == 0), "s": "€😀",
                    ],
                    data: index % 5 == 0 ? nil : data
                )
            )
        }
        #expect(try JSONFormat.decodeBatch(JSONFormat.encodeBatch(events)) == events)
    }

    @Test func `never crashes on truncated or changed bytes, and what it takes it can write again`() throws {
        var generator = SplitMix(seed: 40)
        var taken = 0
        for type in EventType.all {
            let golden = try `Golden events`.bytes(type)
            for _ in 0..<300 {
                var bytes = golden
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                if Bool.random(using: &generator) {
                    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
                }
                guard let event = try? JSONFormat.decode(bytes) else { continue }
                taken += 1
                #expect(try JSONFormat.decode(JSONFormat.encode(event)) == event)
                _ = try? VerdictData(of: event)
                _ = try? ExplanationData(of: event)
            }
        }
        #expect(taken > 100)
    }
}
