import CloudEvents
import Foundation
import JSON
import TestSupport
import Testing

/// A model, a tap that leaves bodies to files, and whoever reads what it tells: each the built executable.
@Suite(.serialized, .timeLimit(.minutes(2))) struct `Bodies apart from their events` {
    /// How the bodies are reached.
    enum Way: String, CaseIterable, Sendable {
        case http, file
    }

    @Test(arguments: Way.allCases)
    func `reach detector, log and explainer whole`(way: Way) async throws {
        let fixture = try DetectorFixture(.drift)
        let folders = (0..<5).map { _ in TemporaryDirectory() }
        let manager = FileManager.default
        try manager.createDirectory(atPath: fixture.directory.file("models"), withIntermediateDirectories: true)
        try manager.copyItem(
            atPath: fixture.directory.file("blobs"),
            toPath: fixture.directory.file("models/blobs")
        )
        let model = try await ServiceProcess(
            "model-server",
            directory: folders[0].path,
            arguments: ["--models-directory=\(fixture.directory.file("models"))", "--grpc-listen=127.0.0.1:0"]
        )
        let control = try LoopbackPort.unused()
        let place =
            switch way {
            case .http: "http://127.0.0.1:\(control.number)/v1/payloads/"
            case .file: "file://\(folders[1].file("payloads"))/"
            }
        let allowed = "--dataref-allow=\(place)"
        let models = "--models-file=\(fixture.models)"
        let detector = try await ServiceProcess(
            "drift-detector",
            directory: folders[2].path,
            arguments: ["--monitors-directory=\(fixture.monitors)", models, allowed]
        )
        let logger = try await ServiceProcess("request-logger", directory: folders[3].path, arguments: [allowed])
        // Without leave, nothing is fetched.
        let wary = try await ServiceProcess("request-logger", directory: folders[4].path)
        let proxy = try LoopbackPort.unused()
        let tap = try await ServiceProcess(
            "payload-tap",
            directory: folders[1].path,
            port: Int(proxy.number),
            arguments: [
                "--control-listen=127.0.0.1:\(control.number)", "--upstream-url=\(model.base)",
                "--sink-url=detector=\(detector.base),logger=\(logger.base),wary=\(wary.base)",
                "--capture-dataref-bytes=60", "--capture-dataref-directory=\(folders[1].file("payloads"))",
                "--capture-dataref-url=\(place)",
            ]
        )
        let bodies = try DetectorFixture.traffic(40, shiftedFrom: 20).compactMap(\.data)
        let client = DetectorClient(base: "http://127.0.0.1:\(proxy.number)")
        for (index, body) in bodies.enumerated() {
            let headers = [
                (name: "X-Request-Id", value: "r\(index)"), (name: "Content-Type", value: "application/json"),
            ]
            let answer = try await client.send("POST", "/v2/models/blobs/infer", headers: headers, body: body)
            try #require(answer.status == 200)
        }

        // The log has both halves whole, and where they were.
        let log = DetectorClient(base: logger.base)
        let last = try await awaiting { () async throws -> JSONValue? in
            let exchange = try await log.send("GET", "/v1/requests/r39").json["exchanges"]?[0]
            return exchange?["response"]?["data"]?["outputs"] == nil ? nil : exchange
        }
        #expect(last["request"]?["data"] == (try JSONValue(parsing: bodies[39])))
        let reference = try #require(last["request"]?["dataref"]?.string)
        #expect(reference.hasPrefix(place))
        let metrics = String(decoding: try await log.send("GET", "/metrics").bytes, as: UTF8.self)
        #expect(metrics.contains(#"vedette_dataref_total{outcome="fetched"} 80"#), "\(metrics)")

        // The detector sees the shift.
        let watch = DetectorClient(base: detector.base)
        let alarm = try await awaiting { () async throws -> JSONValue? in
            try await watch.send("GET", "/v1/monitors/watch/verdicts").json["items"]?.array?
                .first { $0["data"]?["data"]?["status"]?.string == "alarm" }
        }
        #expect(alarm["type"]?.string == "io.vedette.verdict.drift")

        // Whoever was given no leave has kept the events as they came.
        let other = DetectorClient(base: wary.base)
        let bare = try await awaiting {
            let exchange = try await other.send("GET", "/v1/requests/r39").json["exchanges"]?[0]
            return exchange?["response"]?["id"] == nil ? nil : exchange
        }
        #expect(bare["request"]?["dataref"]?.string == reference && bare["request"]?["data"] == nil)
        let refusals = String(decoding: try await other.send("GET", "/metrics").bytes, as: UTF8.self)
        #expect(refusals.contains(#"vedette_dataref_total{outcome="not_allowed"} 80"#))
        #expect(wary.log.contains("dataref.allow"))

        // The explainer answers a reference as it answers the rows.
        let folder = TemporaryDirectory()
        let explainer = try await ServiceProcess("explainer", directory: folder.path, arguments: [models, allowed])
        let asking = DetectorClient(base: explainer.base)
        let path = "/v1/models/blobs:explain?target=1"
        let question = try CloudEvent(
            id: "q",
            source: "/test",
            type: EventType.inferenceRequest,
            dataContentType: "application/json",
            extensions: ["dataref": .uriReference(reference), "model": "blobs"]
        )
        let (headers, empty) = HTTPBinding.encodeBinary(question)
        let answer = try await asking.send("POST", path, headers: headers.map { ($0.name, $0.value) }, body: empty)
        let direct = try await asking.send("POST", path, body: bodies[39])
        #expect(direct.status == 200 && answer.json["data"] == direct.json["data"], "\(answer.json)")
        var elsewhere = question
        try elsewhere.setExtension("dataref", to: .uriReference("file:///etc/hostname"))
        let (others, _) = HTTPBinding.encodeBinary(elsewhere)
        let refused = try await asking.send("POST", path, headers: others.map { ($0.name, $0.value) }, body: empty)
        #expect(refused.status == 422 && refused.json["code"]?.string == "unprocessable")

        for process in [tap, model, detector, logger, wary, explainer] { #expect(process.terminate() == 0) }
        // A folder goes with the last that refers to it.
        withExtendedLifetime((fixture, folders, folder)) {}
    }

    /// Asks again until there is an answer; processes give no other signal.
    private func awaiting<Value: Sendable>(_ ask: () async throws -> Value?) async throws -> Value {
        while true {
            if let value = try await ask() { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
