import CloudEvents
import Foundation
import JSON
import OpenInference
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `A detector process` {
    /// Everything that a person may do with monitors, with one process: starting it is the dear part.
    @Test func `runs what it can, refuses what it cannot, and takes monitors over its API`() async throws {
        let fixture = try DetectorFixture(.drift)
        // A neighbour with one flipped byte in its reference.
        let manager = FileManager.default
        try manager.copyItem(atPath: fixture.monitors + "/watch", toPath: fixture.monitors + "/broken")
        var bytes = try Data(contentsOf: URL(filePath: fixture.monitors + "/broken/x_ref.npy"))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: fixture.monitors + "/broken/x_ref.npy"))
        let detector = try await ServiceProcess(
            "drift-detector",
            directory: fixture.directory.path,
            arguments: [
                "--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)",
                "--monitors-rescan=100ms",
            ]
        )
        let client = DetectorClient(base: detector.base)

        let list = try await client.send("GET", "/v1/monitors").json
        #expect(list["items"]?.array?.map { $0["name"]?.string } == ["broken", "watch"])
        #expect(list["items"]?[0]?["state"]?.string == "refused")
        #expect(list["items"]?[0]?["error"]?.string?.contains("x_ref.npy") == true)
        #expect(list["items"]?[1]?["state"]?.string == "running")
        #expect(list["items"]?[1]?["status"]?.string == "learning")

        // A reply carries the verdict when exactly one arose from the event: the tenth row fills no window, the twentieth does.
        var replies: [CloudEvent] = []
        for event in try DetectorFixture.traffic(40, shiftedFrom: 20) {
            let answer = try await client.post(event, headers: [(name: "Prefer", value: "reply")])
            #expect(answer.status == 200 || answer.status == 202)
            if answer.status == 200 { replies += try HTTPBinding.decode(headers: answer.headers, body: answer.bytes) }
        }
        let verdicts = try await client.send("GET", "/v1/monitors/watch/verdicts").json["items"]?.array ?? []
        #expect(!replies.isEmpty)
        #expect(verdicts.map { $0["id"]?.string } == replies.reversed().map(\.id))
        #expect(replies.last.flatMap { try? VerdictData(of: $0).status } == .alarm)
        #expect(replies.first.flatMap { try? VerdictData(of: $0).status } == .ok)

        let early = String(decoding: try await client.send("GET", "/metrics").bytes, as: UTF8.self)
        let labels = #"{namespace="default",model="blobs",monitor="watch"}"#
        #expect(early.contains("vedette_monitor_status\(labels) 4"))
        #expect(early.contains("vedette_monitor_alarms_total\(labels) 1"))

        // A detector is a V2 model too.
        var generator = SeededGenerator(seed: 4)
        let rows = DetectorFixture.rows(50, shifted: true, using: &generator)
        let question = try InferenceRequest(id: "q", inputs: [NamedTensor(name: "features", rows)]).encoded()
        let answer = try await client.send("POST", "/v2/models/watch/infer", body: question)
        let inference = try InferenceResponse(decoding: answer.bytes)
        #expect(inference.id == "q")
        #expect(inference.outputs.map(\.name) == ["is_drift", "p_val", "distance", "threshold", "p_value"])
        #expect(try inference.outputs[0].tensor.converted(to: Double.self).elements == [1])
        #expect(try await client.send("POST", "/v2/models/nobody/infer", body: question).status == 404)
        #expect(try await client.send("POST", "/v2/models/watch/infer", body: Array("{".utf8)).status == 400)

        #expect(try await client.send("POST", "/v1/monitors/watch/reset").json["status"]?.string == "learning")
        #expect(try await client.send("GET", "/v1/monitors/nobody").status == 404)

        // Monitors over the API: an archive is taken, a folder's name and a hostile archive are not.
        let archive = try TarCommand.archive(fixture.monitors, "watch")
        #expect(try await client.send("PUT", "/v1/monitors/watch", body: archive).status == 409)
        #expect(try await client.send("DELETE", "/v1/monitors/watch").status == 409)
        #expect(try await client.send("PUT", "/v1/monitors/mine", body: archive).json["state"]?.string == "running")
        #expect(
            try await client.send("PUT", "/v1/monitors/mine", body: try TarCommand.archive(fixture.monitors, "broken"))
                .status == 400
        )
        #expect(try await client.send("GET", "/v1/monitors/mine").json["state"]?.string == "running")
        #expect(try await client.send("PUT", "/v1/monitors/..%2Fup", body: archive).status == 400)
        func metrics() async throws -> String {
            String(decoding: try await client.send("GET", "/metrics").bytes, as: UTF8.self)
        }
        let told = try await eventually {
            try await metrics().contains(#"vedette_monitor_status{namespace="default",model="blobs",monitor="mine"}"#)
        }
        #expect(told)
        #expect(try await client.send("DELETE", "/v1/monitors/mine").status == 204)
        #expect(try await client.send("GET", "/v1/monitors/mine").status == 404)
        // Nothing is told of it any more, and what was told of the others still is.
        let isGone = try await eventually {
            let text = try await metrics()
            return !text.contains("monitor=\"mine\"") && text.contains("vedette_monitor_alarms_total\(labels) 1")
        }
        #expect(isGone)
        let unclear = try await client.send(
            "POST",
            "/v2/models/watch/infer",
            headers: [(name: "Inference-Header-Content-Length", value: "abc")],
            body: question
        )
        #expect(unclear.status == 400 && unclear.json["error"]?.string?.contains("abc") == true)

        // Broken events are refused by rule; a broken payload is kept and counted.
        let headers = [(name: "ce-specversion", value: "1.0"), (name: "ce-id", value: "1")]
        #expect(try await client.send("POST", "/", headers: headers, body: []).status == 400)

        // Mending the file in its place, at its size, is noticed.
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: fixture.monitors + "/broken/x_ref.npy"))
        let isMended = try await eventually(within: .seconds(10), every: .milliseconds(50)) {
            try await client.send("GET", "/v1/monitors/broken").json["state"]?.string == "running"
        }
        #expect(isMended)

        #expect(detector.terminate() == 0)
    }

    @Test func `does not start with a setting that nobody declared, or a value that cannot be read`() throws {
        for name in DetectorFixture.Kind.allCases.map(\.executable) {
            for argument in ["--monitors-folder=x", "--infer-concurrency=many"] {
                let (code, log) = try ServiceProcess.run(name, arguments: [argument])
                #expect(code == 78, "\(name) \(argument): \(log)")
                #expect(log.contains(argument.prefix { $0 != "=" }) || log.contains("infer.concurrency"), "\(log)")
            }
        }
    }
}

/// The archive that `tar` makes of a folder.
enum TarCommand {
    static func archive(_ parent: String, _ name: String, format: String = "ustar") throws -> [UInt8] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/tar")
        process.arguments = ["--format=\(format)", "-C", parent, "-cf", "-", name]
        process.standardOutput = pipe
        try process.run()
        let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return bytes
    }
}
