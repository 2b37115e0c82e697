import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct `vedette replay` {
    /// What a detector says of events that come from the record is what it says of them when they come live.
    @Test func `sends the record of a logger to a detector, which gives the verdicts that it gave live`() async throws {
        let fixture = try DetectorFixture(.drift)
        let events = try DetectorFixture.traffic(60, shiftedFrom: 30)
        let folders = (TemporaryDirectory(), TemporaryDirectory(), TemporaryDirectory())
        let logger = try await ServiceProcess("request-logger", directory: folders.0.path)
        let arguments = ["--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)"]
        let live = try await ServiceProcess("drift-detector", directory: folders.1.path, arguments: arguments)
        let later = try await ServiceProcess("drift-detector", directory: folders.2.path, arguments: arguments)
        for event in events {
            for base in [logger.base, live.base] {
                #expect(try await DetectorClient(base: base).post(event).status == 202)
            }
        }
        let client = DetectorClient(base: logger.base)
        while try await client.send("GET", "/v1/events?limit=1000").json["items"]?.array?.count != events.count {
            try await Task.sleep(for: .milliseconds(20))  // another process, which is still reading its journal
        }
        let (code, log) = try ServiceProcess.run(
            "vedette",
            arguments: ["replay", "--from", logger.base, "--model", "blobs", "--to", later.base]
        )
        #expect(code == 0, "\(log)")
        func verdicts(_ process: ServiceProcess) async throws -> [String] {
            let list = try await DetectorClient(base: process.base).send("GET", "/v1/monitors/watch/verdicts").json
            return (list["items"]?.array ?? []).map { verdict in
                "\(verdict["id"]?.text ?? "") \(verdict["data"]?["data"]?["p_val"]?.text ?? "")"
            }
        }
        let expected = try await verdicts(live)
        try await eventually { try await verdicts(later).count >= expected.count }
        #expect(expected.count > 8)
        #expect(try await verdicts(later) == expected)
        for process in [logger, live, later] { #expect(process.terminate() == 0) }
    }
}
