import CloudEvents
import Foundation
import JSON
import NIOCore
import NIOPosix
import ServiceKit
import Statistics
import TestSupport
import Testing

/// Four processes that share the traffic of one model by its endpoints.
@Suite(.serialized) struct `Replicas of a detector` {
    /// The processes, each with a state of its own, and one sink for all.
    final class Fleet {
        let folder = TemporaryDirectory()
        let fixture: DetectorFixture
        let ports: [Int]
        let more: [String]
        var processes: [ServiceProcess?] = []
        private var starts = 0

        init(_ fixture: DetectorFixture, count: Int, sharing: Bool = false, more: [String] = []) async throws {
            self.fixture = fixture
            ports = count > 1 ? try await Self.freePorts(count) : [0]
            self.more = more + (sharing ? ["--state-shared-directory=\(folder.file("shared"))"] : [])
            for place in 0..<count { processes.append(try await start(place)) }
        }

        var sink: String { folder.file("verdicts.jsonl") }

        func start(_ place: Int) async throws -> ServiceProcess {
            starts += 1
            let directory = folder.file("replica\(place)")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let peers = ports.map { "http://127.0.0.1:\($0)" }
            var arguments = [
                "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                "--snapshot-interval=100ms", "--tick-interval=50ms", "--sink-url=out=file:\(sink)",
            ]
            if ports.count > 1 {
                arguments += ["--peers=\(peers.joined(separator: ","))", "--peer-self=\(peers[place])"]
                arguments += ["--peer-timeout=500ms"] + more
            }
            return try await ServiceProcess(
                "drift-detector",
                directory: directory,
                log: "log\(starts)",
                port: ports[place],
                arguments: arguments
            )
        }

        /// Sends an event to the replicas in turn until one of them acknowledges it.
        func send(_ event: CloudEvent, from place: Int, within time: Duration = .seconds(20)) async throws {
            let isTaken = try await eventually(within: time, every: .milliseconds(50)) {
                for attempt in 0..<processes.count {
                    guard let process = processes[(place + attempt) % processes.count] else { continue }
                    let status = try? await DetectorClient(base: process.base).post(event).status
                    if status == 202 { return true }
                    #expect(status == nil || status == 503)
                }
                return false
            }
            #expect(isTaken, "event \(event.id) is not taken")
        }

        /// Waits until as many verdicts have come, and for a moment more, for those that should not.
        func verdicts(_ count: Int, within time: Duration = .seconds(20)) async throws -> [Judged] {
            try await eventually(within: time, every: .milliseconds(100)) {
                Set(try Judged.all(in: sink).map(\.id)).count >= count
            }
            try await Task.sleep(for: .milliseconds(500))
            // The last events of each endpoint, which close what is open, wait for later ones themselves where rows go
            // by event time: what they complete is none of the comparison.
            return try Judged.all(in: sink).filter { verdict in
                !(400..<416).contains { verdict.text.contains("\"causationid\":\"event-\($0)\"") }
            }
        }

        func metric(_ name: String, outcome: String) async throws -> Double {
            var sum = 0.0
            for process in processes.compactMap({ $0 }) {
                let answer = try await DetectorClient(base: process.base).send("GET", "/metrics")
                for line in String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n")
                where line.hasPrefix(name + "{") && line.contains("outcome=\"\(outcome)\"") {
                    sum += line.split(separator: " ").last.flatMap { Double($0) } ?? 0
                }
            }
            return sum
        }

        private static func freePorts(_ count: Int) async throws -> [Int] {
            var channels: [any Channel] = []
            for _ in 0..<count {
                let server = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                channels.append(try await server.bind(host: "127.0.0.1", port: 0).get())
            }
            let ports = channels.compactMap { $0.localAddress?.port }
            for channel in channels { try await channel.close() }
            return ports
        }
    }

    /// Monitors whose windows close by count and by time, with so much time for late rows that no
    /// pause of a busy machine counts.
    static func fixture() throws -> DetectorFixture {
        let fixture = try DetectorFixture(.drift)
        try FileManager.default.removeItem(atPath: fixture.monitors + "/watch")
        try fixture.fitVariety(scale: 10)
        return fixture
    }

    /// Events of eight endpoints, and at the end two each that are so much later that one closes what is open, and the
    /// other lets it in.
    static func traffic() throws -> [CloudEvent] {
        let events = try DetectorFixture.traffic(416, shiftedFrom: 200, every: 1.25, endpoints: 8)
        return try events.enumerated().map { index, event in
            guard index >= 400, let time = event.time else { return event }
            return try CloudEvent(
                id: event.id,
                source: event.source,
                type: event.type,
                time: time + .seconds(index < 408 ? 1000 : 3000),
                dataContentType: event.dataContentType,
                extensions: event.extensions,
                data: event.data
            )
        }
    }

    /// Every event once or twice, none overtaken by more than fifteen seconds of event time.
    static func shuffled(_ events: [CloudEvent], seed: UInt64) -> [CloudEvent] {
        var generator = SeededGenerator(seed: seed)
        let doubled = events + events.filter { _ in generator.index(below: 5) == 0 }
        return doubled.map { event in
            (event, (event.time?.seconds ?? 0) + Double.random(in: 0..<15, using: &generator))
        }
        .sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// What one process says of the same events in their order.
    static func alone(_ fixture: DetectorFixture, _ events: [CloudEvent]) async throws -> [Judged] {
        let one = try await Fleet(fixture, count: 1)
        for event in events { try await one.send(event, from: 0) }
        let verdicts = try await one.verdicts(.max, within: .seconds(2))
        #expect(one.processes[0]?.terminate() == 0)
        #expect(verdicts.count > 50)
        return verdicts
    }

    @Test func `say together what one process says`() async throws {
        let fixture = try Self.fixture(), events = try Self.traffic()
        let expected = try await Self.alone(fixture, events)
        let fleet = try await Fleet(fixture, count: 4)
        let shuffled = Self.shuffled(events, seed: 1)
        for (index, event) in shuffled.enumerated() { try await fleet.send(event, from: index % 4) }
        Judged.expectSame(try await fleet.verdicts(expected.count), expected)

        let forwarded = try await fleet.metric("vedette_forwarded_events_total", outcome: "acknowledged")
        let handled = try await fleet.metric("vedette_events_total", outcome: "handled")
        let dropped = try await fleet.metric("vedette_events_total", outcome: "dropped")
        #expect(forwarded > Double(shuffled.count) / 3 && forwarded <= Double(shuffled.count))
        #expect(handled == Double(events.count), "each is handled by its owner alone")
        #expect(handled + dropped == Double(shuffled.count))
        for process in fleet.processes { #expect(process?.terminate() == 0) }
    }

    @Test func `say it too when one of them is killed in the middle and comes back`() async throws {
        let fixture = try Self.fixture(), events = try Self.traffic()
        let expected = try await Self.alone(fixture, events)
        let fleet = try await Fleet(fixture, count: 4)
        for (index, event) in Self.shuffled(events, seed: 2).enumerated() {
            if [150, 260, 330].contains(index) {
                fleet.processes[index % 4]?.kill()
                fleet.processes[index % 4] = try await fleet.start(index % 4)
            }
            try await fleet.send(event, from: index % 4)
        }
        Judged.expectSame(try await fleet.verdicts(expected.count), expected)
    }

    @Test func `go on with the state of one that is lost, and give it back`() async throws {
        let fixture = try Self.fixture(), events = try Self.traffic()
        let expected = try await Self.alone(fixture, events)
        let fleet = try await Fleet(fixture, count: 4, sharing: true, more: ["--peer-takeover=1s"])
        // One that owns something, whatever its port.
        let peers = fleet.ports.map { "http://127.0.0.1:\($0)" }
        let ring = try PeerRing(peers: peers, own: peers[0])
        let lost = try #require(peers.firstIndex(of: ring.peers[ring.owner(of: "default/blobs/e0")]))
        for (index, event) in Self.shuffled(events, seed: 3).enumerated() {
            if index == 120 {
                fleet.processes[lost]?.kill()
                fleet.processes[lost] = nil
            }
            if index == 330 { fleet.processes[lost] = try await fleet.start(lost) }
            try await fleet.send(event, from: index % 4)
        }
        Judged.expectSame(try await fleet.verdicts(expected.count), expected)
        let logs = fleet.processes.compactMap { $0?.log }.joined()
        #expect(logs.contains("goes on with the state of a lost replica"))
        #expect(logs.contains("gave a state back"))
    }

    @Test func `answer 503 for the partitions of one that is gone, and take those of others`() async throws {
        let fleet = try await Fleet(try Self.fixture(), count: 2)
        fleet.processes[1]?.kill()
        fleet.processes[1] = nil
        let base = try #require(fleet.processes[0]?.base)
        var statuses: Set<Int> = []
        for event in try DetectorFixture.traffic(16, shiftedFrom: 16, endpoints: 16) {
            let began = ContinuousClock.now
            let answer = try await DetectorClient(base: base).post(event)
            statuses.insert(answer.status)
            #expect(ContinuousClock.now - began < .seconds(3), "a lost owner is given up in time")
            guard answer.status != 202 else { continue }
            #expect(answer.status == 503)
            #expect(answer.headers.contains { $0.name.lowercased() == "retry-after" })
            #expect(answer.json["error"]?.string?.contains("default/blobs/") == true)
            // Whoever is told that an event was handed on already keeps it, or says no: it never goes on again.
            let mark = [(name: "vedette-forwarded", value: "http://127.0.0.1:1")]
            #expect(try await DetectorClient(base: base).post(event, headers: mark).status == 503)
        }
        #expect(statuses == [202, 503])
        #expect(try await fleet.metric("vedette_forwarded_events_total", outcome: "refused") > 0)
    }
}
