import CloudEvents
import Foundation
import JSON
import MonitorHosting
import Monitoring
import TestSupport
import Testing

@Suite struct `Changes of monitors` {
    @Test(
        arguments: [
            .roster(.folder, ["a": "k1", "b": nil]), .roster(.uploaded, [:]), .put("m", key: "k"), .remove("m"),
            .reset("m"),
        ] as [MonitorChange]
    )
    func `are read from the journal as they were written`(change: MonitorChange) throws {
        #expect(try MonitorChange(change.bytes) == change)
        #expect(throws: MonitoringError.self) { try MonitorChange(Array(change.bytes.dropLast())) }
        #expect(throws: MonitoringError.self) { try MonitorChange([9] + change.bytes.dropFirst()) }
    }
}

/// Changes are records of the journal: a process that reads it again makes them at the same places.
@Suite(.serialized) struct `A detector whose monitors change` {
    /// What happens before the event of an index.
    enum Step: Sendable { case put(UInt64), delete, reset(String), reload(UInt64) }

    static let steps: [Int: Step] = [
        15: .put(1), 35: .reset("watch"), 45: .put(2), 55: .reload(3), 65: .reset("mine"), 75: .delete, 85: .put(2),
    ]

    private static func take(_ step: Step, _ fixture: DetectorFixture, folder: String, _ base: String) async throws {
        let client = DetectorClient(base: base)
        switch step {
        case .put(let edition):
            let archive = try fixture.archive(.drift, edition: edition)
            #expect(try await client.send("PUT", "/v1/monitors/mine", body: archive).status == 200)
        case .delete:
            #expect(try await client.send("DELETE", "/v1/monitors/mine").status == 204)
        case .reset(let name):
            let answer = try await client.send("POST", "/v1/monitors/\(name)/reset")
            #expect(answer.json["status"]?.string == "learning" && answer.json["counts"]?["looks"]?.int == 0)
        case .reload(let edition):
            _ = try fixture.archive(.drift, edition: edition)
            let before = try await client.send("GET", "/v1/monitors/watch").json["config_hash"]
            let manager = FileManager.default
            try manager.removeItem(atPath: "\(folder)/watch")
            try manager.moveItem(
                atPath: "\(fixture.directory.file("editions"))/edition-\(edition)",
                toPath: "\(folder)/watch"
            )
            var after = before
            while after == before {
                try await Task.sleep(for: .milliseconds(20))  // another process looks at the folder
                after = try await client.send("GET", "/v1/monitors/watch").json["config_hash"]
            }
        }
    }

    private static func verdicts(killingBefore kills: Set<Int>, snapshots: String) async throws -> [String: String] {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        let events = try DetectorFixture.traffic(100, shiftedFrom: 50)
        var starts = 0
        func start() async throws -> ServiceProcess {
            starts += 1
            return try await ServiceProcess(
                "drift-detector",
                directory: folder.path,
                log: "log\(starts)",
                arguments: [
                    "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                    "--monitors-rescan=100ms", "--snapshot-interval=\(snapshots)", "--tick-interval=0s",
                    "--sink-url=out=file:\(folder.file("verdicts.jsonl"))",
                ]
            )
        }
        var process = try await start()
        for (index, event) in events.enumerated() {
            if let step = steps[index] { try await take(step, fixture, folder: fixture.monitors, process.base) }
            if kills.contains(index) {
                process.kill()
                process = try await start()
            }
            #expect(try await DetectorClient(base: process.base).post(event).status == 202)
        }
        #expect(process.terminate() == 0)
        process = try await start()  // what the stop left undelivered is delivered now
        #expect(process.terminate() == 0)
        var found: [String: String] = [:]
        for line in try String(contentsOfFile: folder.file("verdicts.jsonl"), encoding: .utf8).split(separator: "\n") {
            let verdict = try Judged(try JSONFormat.decode(Array(line.utf8)))
            #expect(found.updateValue(verdict.text, forKey: verdict.id) ?? verdict.text == verdict.text)
        }
        return found
    }

    @Test func `gives the verdicts of an uninterrupted run when it is killed after each change`() async throws {
        let uninterrupted = try await Self.verdicts(killingBefore: [], snapshots: "10s")
        #expect(uninterrupted.count > 20)
        #expect(Set(uninterrupted.values.map { $0.contains("/vedette/default/mine") }).count == 2)
        // Everything from the journal's first record, then with snapshots between.
        for snapshots in ["1h", "30ms"] {
            let kills = Set(Self.steps.keys.flatMap { [$0, $0 + 3] })
            #expect(try await Self.verdicts(killingBefore: kills, snapshots: snapshots) == uninterrupted)
        }
    }

    @Test func `goes on with what ran when its folder has become unreadable, also after a kill`() async throws {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        func start(_ log: String) async throws -> ServiceProcess {
            try await ServiceProcess(
                "drift-detector",
                directory: folder.path,
                log: log,
                arguments: ["--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)"]
            )
        }
        let first = try await start("log1")
        let hash = try await DetectorClient(base: first.base).send("GET", "/v1/monitors/watch").json["config_hash"]
        first.kill()
        fixture.directory.write([1, 2, 3], to: "monitors/watch/x_ref.npy")
        let second = try await start("log2")
        let monitor = try await DetectorClient(base: second.base).send("GET", "/v1/monitors/watch").json
        #expect(monitor["state"]?.string == "running" && monitor["config_hash"] == hash)
        #expect(monitor["error"]?.string?.contains("x_ref.npy") == true)
        #expect(second.terminate() == 0)
    }
}
