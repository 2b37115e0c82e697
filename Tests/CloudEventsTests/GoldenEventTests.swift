import CloudEvents
import Foundation
import JSON
import Testing

@Suite struct `Golden events` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/CloudEvents/Schemas")

    static func bytes(_ type: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: "\(type).json")))
    }

    static func event(_ type: String) throws -> CloudEvent {
        try JSONFormat.decode(bytes(type))
    }

    @Test func `exist for every type of ours, each with a schema`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let expected = EventType.all.flatMap { ["\($0).json", "\($0).schema.json"] } + ["README.md"]
        #expect(Set(names) == Set(expected))
    }

    @Test(arguments: EventType.all)
    func `come through structured mode unchanged`(type: String) throws {
        let event = try Self.event(type)
        #expect(event.type == type)
        #expect(try JSONValue(parsing: JSONFormat.encode(event)) == JSONValue(parsing: Self.bytes(type)))
    }

    @Test(arguments: EventType.all)
    func `come through binary mode with the same attributes and data`(type: String) throws {
        let event = try Self.event(type)
        let (headers, body) = HTTPBinding.encodeBinary(event)
        let decoded = try #require(try HTTPBinding.decode(headers: headers, body: body).first)
        #expect(decoded.deduplicationKey == event.deduplicationKey)
        #expect(decoded.time == event.time)
        #expect(decoded.data == event.data)
        #expect(decoded.extensions.mapValues(\.text) == event.extensions.mapValues(\.text))
    }

    @Test(arguments: EventType.all)
    func `have every member that their schema requires`(type: String) throws {
        let schema = try JSONValue(
            parsing: [UInt8](Data(contentsOf: Self.folder.appending(path: "\(type).schema.json")))
        )
        let event = try JSONValue(parsing: Self.bytes(type))
        func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) {
            for name in schema["required"]?.array ?? [] {
                #expect(value[name.string ?? ""] != nil, "\(place).\(name.text)")
            }
            for (name, inner) in schema["properties"]?.object ?? [:] {
                if let member = value[name], member.object != nil { check(member, inner, "\(place).\(name)") }
            }
        }
        check(event, schema, type)
    }

    @Test(arguments: EventType.verdicts)
    func `of verdicts are read into values and written back unchanged`(type: String) throws {
        let event = try Self.event(type)
        let verdict = try VerdictData(of: event)
        #expect(verdict.eventType == type)
        #expect(verdict.json == (try event.dataTree()))
        #expect(verdict.source == event.source)
    }

    @Test(arguments: EventType.verdicts)
    func `of verdicts are made again by those who judge, ids and attributes included`(type: String) throws {
        let golden = try Self.event(type)
        let verdict = try VerdictData(of: golden)
        let cause = golden[extension: "causationid"]
        let subject: VerdictData.Subject =
            switch verdict.content {
            case .drift, .performance, .fairness:
                .window(first: "0197f0c4-7d1a-7c10-8d5e-5a0c1f2e0001#0", last: "\(cause ?? "")#0")
            case .outlier(let data), .adversarial(let data):
                .rows(data.rows, requestID: "req-1201", eventID: cause ?? "")
            case .quality(let data): .stretch(since: data.start)
            }
        let made = try verdict.event(about: subject, time: #require(golden.time), causationID: cause)
        #expect(made.extensions == golden.extensions)
        #expect(made.id == golden.id)
        #expect(try made.dataTree() == golden.dataTree())
    }

    @Test func `of explanations, labels and outcomes are read into values and written back unchanged`() throws {
        let explanation = try Self.event(EventType.explanation)
        let explained = try ExplanationData(of: explanation)
        #expect(explained.json == (try explanation.dataTree()))
        #expect(
            try explained.event(time: #require(explanation.time), causationID: explanation[extension: "causationid"]).id
                == explanation.id
        )

        let feedback = try Self.event(EventType.feedback).dataTree()
        #expect(try FeedbackData(json: feedback).json == feedback)
        let outcome = try Self.event(EventType.outcome).dataTree()
        #expect(try OutcomeData(json: outcome).json == outcome)
    }
}
