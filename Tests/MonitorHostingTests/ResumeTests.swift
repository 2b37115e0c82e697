import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

/// What a kill at any moment must not change.
@Suite(.serialized) struct `A detector that is killed` {
    /// A verdict without its places in the journal, which a sender that repeats itself moves.
    struct Judged: Hashable, Comparable {
        let id: String
        let text: String

        init(_ event: CloudEvent) throws {
            id = event.id
            var tree = try event.dataTree()
            if var data = tree["data"]?.object, var window = data["window"]?.object {
                window["position_from"] = .null
                window["position_to"] = .null
                data["window"] = .object(window)
                tree = ["data": .object(data), "meta": tree["meta"] ?? .null]
            }
            text = "\(event.type) \(event.source) \(event.time?.rfc3339 ?? "") \(tree.text)"
        }

        static func < (left: Judged, right: Judged) -> Bool { left.id < right.id }
    }

    /// Sends all events in order, each until it is acknowledged, and kills the process after some of them.
    static func verdicts(
        _ kind: DetectorFixture.Kind,
        _ fixture: DetectorFixture,
        events: [CloudEvent],
        killingAfter kills: Set<Int>
    ) async throws -> [Judged] {
        let folder = TemporaryDirectory()
        let arguments = [
            "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)", "--snapshot-interval=50ms",
            "--tick-interval=0s", "--sink-url=out=file:\(folder.file("verdicts.jsonl"))",
        ]
        var starts = 0
        func start() async throws -> ServiceProcess {
            starts += 1
            return try await ServiceProcess(
                kind.executable,
                directory: folder.path,
                log: "log\(starts)",
                arguments: arguments
            )
        }
        var process = try await start()
        for (index, event) in events.enumerated() {
            if kills.contains(index) {
                // With the request on its way: whether it was kept, nobody knows, so it is sent again.
                let client = DetectorClient(base: process.base)
                async let answer = client.post(event)
                process.kill()
                _ = try? await answer
                process = try await start()
            }
            #expect(try await DetectorClient(base: process.base).post(event).status == 202)
        }
        #expect(process.terminate() == 0)  // with work in hand: it is done first
        process = try await start()  // what the stop left undelivered is delivered now
        #expect(process.terminate() == 0)
        let lines = try String(contentsOfFile: folder.file("verdicts.jsonl"), encoding: .utf8).split(separator: "\n")
        return try lines.map { try Judged(try JSONFormat.decode(Array($0.utf8))) }.sorted()
    }

    @Test(arguments: DetectorFixture.Kind.allCases)
    func `gives every verdict of an uninterrupted run, once`(kind: DetectorFixture.Kind) async throws {
        let fixture = try DetectorFixture(kind)
        let events = try DetectorFixture.traffic(120, shiftedFrom: 60)
        let uninterrupted = try await Self.verdicts(kind, fixture, events: events, killingAfter: [])
        #expect(uninterrupted.count >= 20)
        #expect(Set(uninterrupted.map(\.id)).count == uninterrupted.count)
        // Delivery is at least once, and a receiver drops what it has by its id: so does the set.
        let killed = Set(try await Self.verdicts(kind, fixture, events: events, killingAfter: [17, 63, 64, 101]))
        let missing = Set(uninterrupted).subtracting(killed), invented = killed.subtracting(uninterrupted)
        #expect(missing.isEmpty, "\(missing.count) missing: \(missing.first?.text ?? "")")
        #expect(invented.isEmpty, "\(invented.count) invented: \(invented.first?.text ?? "")")
    }
}
