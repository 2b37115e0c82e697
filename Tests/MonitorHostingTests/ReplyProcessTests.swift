import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

/// `reply`: which events are answered with their verdict, and that no verdict leaves by both ways.
@Suite struct `Replies of a detector` {
    private static func start(
        _ fixture: DetectorFixture,
        _ folder: TemporaryDirectory,
        _ log: String,
        _ arguments: [String]
    ) async throws -> ServiceProcess {
        try await ServiceProcess(
            "outlier-detector",
            directory: folder.path,
            log: log,
            arguments: [
                "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                "--snapshot-interval=1h", "--tick-interval=0s",
            ] + arguments
        )
    }

    private static func sent(_ folder: TemporaryDirectory) throws -> [CloudEvent] {
        guard let text = try? String(contentsOfFile: folder.file("out.jsonl"), encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { try JSONFormat.decode(Array($0.utf8)) }
    }

    private static let asked = [(name: "Prefer", value: "reply")]

    @Test func `always: one verdict is the answer, several go to the sink, and a repetition is answered the same`()
        async throws
    {
        let fixture = try DetectorFixture(.outlier)
        let folder = TemporaryDirectory()
        let arguments = ["--reply=always", "--sink-url=out=file:\(folder.file("out.jsonl"))"]
        var process = try await Self.start(fixture, folder, "log1", arguments)
        let events = try DetectorFixture.traffic(30, shiftedFrom: 20)
        var answers: [String: CloudEvent] = [:]
        func post(_ event: CloudEvent) async throws -> CloudEvent? {
            let answer = try await DetectorClient(base: process.base).post(event)
            #expect([200, 202].contains(answer.status))
            return answer.status == 200
                ? try HTTPBinding.decode(headers: answer.headers, body: answer.bytes).first : nil
        }
        for event in events {
            let answer = try await post(event)
            answers[event.id] = answer
            #expect(try await post(event) == answer, "a repetition gets the same stored answer, or none again")
            if event.id == "event-12" {
                process.kill()
                process = try await Self.start(fixture, folder, "log2", arguments)
            }
        }
        for event in events { #expect(try await post(event) == answers[event.id]) }
        #expect(process.terminate() == 0)

        #expect(answers.count > 15 && answers.count < 30)
        let sent = try Self.sent(folder)
        #expect(Set(sent.map(\.id)).isDisjoint(with: answers.values.map(\.id)))
        // An event that closes a window gives two verdicts: neither is the answer.
        let silent = events.filter { answers[$0.id] == nil }.map(\.id)
        #expect(Set(sent.compactMap { $0[extension: "causationid"] }) == Set(silent))
        #expect(Set(sent.map(\.id)).count == 2 * silent.count)
    }

    @Test func `prefer: only who asks is answered; what went to the sink is no answer later`() async throws {
        let fixture = try DetectorFixture(.outlier)
        let folder = TemporaryDirectory()
        let arguments = ["--reply=prefer", "--sink-url=out=file:\(folder.file("out.jsonl"))"]
        let process = try await Self.start(fixture, folder, "log", arguments)
        let client = DetectorClient(base: process.base)
        let events = try DetectorFixture.traffic(4, shiftedFrom: 4)
        #expect(try await client.post(events[0]).status == 202)
        #expect(try await client.post(events[0], headers: Self.asked).status == 202)
        let answer = try await client.post(events[1], headers: Self.asked)
        #expect(answer.status == 200)
        #expect(try await client.post(events[1]).status == 202)
        #expect(try await client.post(events[1], headers: Self.asked).bytes == answer.bytes)
        #expect(process.terminate() == 0)
        #expect(try Self.sent(folder).map { $0[extension: "requestid"] } == ["r0"])
    }

    @Test func `never, which is what a sink means: nobody is answered`() async throws {
        let fixture = try DetectorFixture(.outlier)
        for setting in [[], ["--reply=never"]] {
            let folder = TemporaryDirectory()
            let arguments = setting + ["--sink-url=out=file:\(folder.file("out.jsonl"))"]
            let process = try await Self.start(fixture, folder, "log", arguments)
            let event = try #require(try DetectorFixture.traffic(1, shiftedFrom: 1).first)
            #expect(try await DetectorClient(base: process.base).post(event, headers: Self.asked).status == 202)
            #expect(process.terminate() == 0)
            #expect(try Self.sent(folder).count == 1)
        }
    }

    @Test func `without a sink the last 100 verdicts are kept, also over a stop`() async throws {
        let fixture = try DetectorFixture(.outlier)
        let folder = TemporaryDirectory()
        var process = try await Self.start(fixture, folder, "log1", [])
        let events = try DetectorFixture.traffic(110, shiftedFrom: 110)
        for event in events { #expect(try await DetectorClient(base: process.base).post(event).status == 202) }
        #expect(process.terminate() == 0)
        process = try await Self.start(fixture, folder, "log2", [])
        let kept = try await DetectorClient(base: process.base).send("GET", "/v1/monitors/watch/verdicts").json["items"]
        let causes = (kept?.array ?? []).compactMap { $0["causationid"]?.string }
        #expect(causes.count == 100)
        #expect(causes.first == "event-109")
        #expect(process.terminate() == 0)
    }
}
