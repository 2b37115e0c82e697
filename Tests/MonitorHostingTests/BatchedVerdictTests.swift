import CloudEvents
import TestSupport
import Testing

@Suite struct `Verdicts on instances that flag nothing` {
    @Test func `travel together once a second, survive a kill, and never overtake`() async throws {
        let fixture = try DetectorFixture(.outlier)
        let folder = TemporaryDirectory()
        let sink = RecordingSink()
        let events = try DetectorFixture.traffic(16, shiftedFrom: 14)
        try await sink.listening { url in
            func start(_ log: String) async throws -> ServiceProcess {
                try await ServiceProcess(
                    "outlier-detector",
                    directory: folder.path,
                    log: log,
                    arguments: [
                        "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                        "--sink-url=\(url)", "--sink-mode=batched",
                    ]
                )
            }
            let first = try await start("log1")
            for event in events[..<4] { #expect(try await DetectorClient(base: first.base).post(event).status == 202) }
            first.kill()  // within the second
            let second = try await start("log2")
            for event in events[4...] { #expect(try await DetectorClient(base: second.base).post(event).status == 202) }
            #expect(second.terminate() == 0)  // what waits for company is sent first
            try await sink.wait { $0.joined().contains { $0[extension: "requestid"] == "r15" } }
        }
        let verdicts = sink.received.joined().filter { $0[extension: "requestid"] != nil }
        var seen: Set<String> = []
        let firsts = verdicts.filter { seen.insert($0.id).inserted }  // delivery is at least once
        #expect(firsts.compactMap { $0[extension: "requestid"] } == events.indices.map { "r\($0)" })
        #expect(sink.received.contains { $0.count >= 3 }, "\(sink.received.map(\.count))")
    }
}
