import CloudEvents
import Foundation
import JSON
import Statistics
import TestSupport
import Testing

/// A verdict with everything that it says.
struct Judged: Hashable, Comparable {
    let id: String
    let text: String

    init(_ event: CloudEvent) throws {
        id = event.id
        text = String(decoding: JSONFormat.encode(event), as: UTF8.self)
    }

    /// The verdicts of a sink's file.
    static func all(in path: String) throws -> [Judged] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        return try lines.map { try Judged(try JSONFormat.decode(Array($0.utf8))) }.sorted()
    }

    static func < (left: Judged, right: Judged) -> Bool { (left.id, left.text) < (right.id, right.text) }

    /// Expects two runs to have said the same, none twice with another content.
    static func expectSame(_ found: [Judged], _ expected: [Judged]) {
        // Delivery is at least once, and a receiver drops what it has by its id: so does the set.
        let found = Set(found), expected = Set(expected)
        #expect(Set(found.map(\.id)).count == found.count, "one id with two contents")
        let missing = expected.subtracting(found), invented = found.subtracting(expected)
        #expect(missing.isEmpty, "\(missing.count) missing: \(missing.first?.text ?? "")")
        #expect(invented.isEmpty, "\(invented.count) invented: \(invented.first?.text ?? "")")
    }
}

/// What a kill at any moment must not change.
@Suite(.serialized) struct `A detector that is killed` {
    /// A detector with a state and a sink of its own.
    struct Run {
        let folder = TemporaryDirectory()
        let kind: DetectorFixture.Kind
        let fixture: DetectorFixture
        let ticks: String

        var sink: String { folder.file("verdicts.jsonl") }

        func start(_ number: Int) async throws -> ServiceProcess {
            try await ServiceProcess(
                kind.executable,
                directory: folder.path,
                log: "log\(number)",
                arguments: [
                    "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                    "--snapshot-interval=50ms", "--tick-interval=\(ticks)", "--sink-url=out=file:\(sink)",
                ]
            )
        }

        /// Sends all events in order, each until it is acknowledged, and kills the process while some are on their way.
        func send(_ events: [CloudEvent], killingAt kills: Set<Int>, rest: Duration = .zero) async throws {
            var process = try await start(0)
            for (index, event) in events.enumerated() {
                if kills.contains(index) {
                    // With the request on its way: whether it was kept, nobody knows, so it is sent again.
                    let client = DetectorClient(base: process.base)
                    async let answer = client.post(event)
                    process.kill()
                    _ = try? await answer
                    process = try await start(index)
                }
                #expect(try await DetectorClient(base: process.base).post(event).status == 202)
            }
            try await Task.sleep(for: rest)  // for windows that time closes
            #expect(process.terminate() == 0)  // with work in hand: it is done first
            try await deliver()
        }

        /// Delivers what a stop left undelivered.
        func deliver() async throws { #expect(try await start(1_000_000).terminate() == 0) }
    }

    /// Traffic with repetitions, rows that are late, and neighbours in the wrong order.
    static func untidy(_ count: Int, scale: Int = 1, seed: UInt64) throws -> [CloudEvent] {
        var generator = SeededGenerator(seed: seed)
        var events: [CloudEvent] = []
        for (index, event) in try DetectorFixture.traffic(count, shiftedFrom: count / 2, every: 0.5 * Double(scale))
            .enumerated()
        {
            var event = event
            if index % 11 == 10, let time = event.time {
                event = try CloudEvent(
                    id: event.id,
                    source: event.source,
                    type: event.type,
                    time: time - .seconds(10 * scale),
                    dataContentType: event.dataContentType,
                    extensions: event.extensions,
                    data: event.data
                )
            }
            events.append(event)
            if generator.index(below: 7) == 0 { events.append(events[generator.index(below: events.count)]) }
            if generator.index(below: 5) == 0, events.count > 1 {
                events.swapAt(events.count - 1, events.count - 2)
            }
        }
        return events
    }

    /// How many kills a run has: a few, or as many as `RESUME_KILLS` says.
    static var kills: Int { ProcessInfo.processInfo.environment["RESUME_KILLS"].flatMap(Int.init) ?? 4 }

    static func places(_ count: Int, of events: Int, seed: UInt64) -> Set<Int> {
        var generator = SeededGenerator(seed: seed)
        var places: Set<Int> = []
        while places.count < min(count, events / 2) { places.insert(generator.index(below: events)) }
        return places
    }

    @Test(arguments: DetectorFixture.Kind.allCases)
    func `gives every verdict of an uninterrupted run, once, to the last bit`(kind: DetectorFixture.Kind) async throws {
        let fixture = try DetectorFixture(kind)
        if kind == .drift {
            try fixture.fitVariety(scale: 10)  // so that no pause of a busy machine counts
            // Closed by the clock of its journal while rows come in the wrong order: two journals say two things.
            try FileManager.default.removeItem(atPath: fixture.monitors + "/timed")
        }
        let events = try Self.untidy(max(150, Self.kills * 4), scale: 10, seed: 5)
        let calm = Run(kind: kind, fixture: fixture, ticks: "0s")
        try await calm.send(events, killingAt: [])
        let expected = try Judged.all(in: calm.sink)
        #expect(expected.count >= 20)
        #expect(Set(expected.map(\.id)).count == expected.count)
        let killed = Run(kind: kind, fixture: fixture, ticks: "0s")
        try await killed.send(events, killingAt: Self.places(Self.kills, of: events.count, seed: 6))
        Judged.expectSame(try Judged.all(in: killed.sink), expected)
    }

    /// Windows that the clock closes too: the clock is in the journal, so whoever reads the same journal says the same.
    @Test func `says what its journal says when that is read by a process that is not killed`() async throws {
        let fixture = try DetectorFixture(.drift)
        try fixture.fitVariety()
        let events = try Self.untidy(max(100, Self.kills * 4), seed: 7)
        let killed = Run(kind: .drift, fixture: fixture, ticks: "50ms")
        let places = Self.places(Self.kills, of: events.count, seed: 8)
        try await killed.send(events, killingAt: places, rest: .seconds(9))
        let found = try Judged.all(in: killed.sink)
        #expect(found.count >= 20)

        let reader = Run(kind: .drift, fixture: fixture, ticks: "0s")
        let state = reader.folder.file("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        for part in ["inbox", "artefacts"] {
            try FileManager.default.copyItem(atPath: killed.folder.file("state/\(part)"), toPath: "\(state)/\(part)")
        }
        try await reader.deliver()
        try await reader.deliver()
        Judged.expectSame(try Judged.all(in: reader.sink), found)
    }
}
