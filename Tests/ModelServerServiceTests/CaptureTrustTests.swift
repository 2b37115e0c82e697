import CloudEvents
import Foundation
import HTTPMessages
import HTTPTypes
import ModelServerService
import NativeModels
import NeuralNetworks
import Prediction
import ServiceKit
import Statistics
import TestSupport
import Testing

/// Whose word counts that a call is not to be told.
@Suite(.timeLimit(.minutes(1))) struct `Calls that claim not to be told` {
    private func request(_ fields: [(String, String)], from address: String?) -> HotRequest {
        HotRequest(
            method: .post,
            path: "/v2/models/m/infer",
            fields: .list(fields.map { (name: $0.0, value: $0.1) }),
            client: ClientPresence(ipAddress: address)
        )
    }

    private func isBelieved(_ fields: [(String, String)], from address: String?, token: Bool = false) -> Bool {
        let trust = CaptureTrust(tapPeers: ["127.0.0.1", "::1"], skipPeers: ["10.0.0.7"], everybodyHasToken: token)
        if case .believed = trust.claim(of: request(fields, from: address)) { return true }
        return false
    }

    private let mark = [("Vedette-Tap", "1")]
    private let wish = [("Seldon-Skip-Logging", "true")]

    @Test func `are believed from configured addresses, and from everybody who has shown a token`() {
        for local in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] { #expect(isBelieved(mark, from: local), "\(local)") }
        for address in ["10.0.0.7", "192.168.1.1", "::2", nil] {
            #expect(!isBelieved(mark, from: address))
            #expect(isBelieved(mark, from: address, token: true))
        }
        #expect(isBelieved(wish, from: "10.0.0.7"))
        #expect(!isBelieved(wish, from: "127.0.0.1"))
        #expect(isBelieved(wish, from: "127.0.0.1", token: true))
        #expect(!isBelieved([("Seldon-Skip-Logging", "false")], from: "10.0.0.7"))
        #expect(!isBelieved([], from: "127.0.0.1", token: true))
    }

    @Test func `are told and counted where whoever makes them may not`() async throws {
        let directory = TemporaryDirectory()
        var generator = SeededGenerator(seed: 1)
        let network = try Network(inputShape: [4], layers: [.dense(units: 3)], using: &generator)
        let description = ModelDescription(
            name: "my model",
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: [4])],
            outputs: [ColumnDescription(name: "probabilities", shape: [3], classes: ["a", "b", "c"])]
        )
        try NativeModel(description, network: network).save(folder: directory.file("models/my model/1"))
        let events = directory.file("events.jsonl")
        let server = try await ServiceProcess(
            "model-server",
            directory: directory.path,
            arguments: [
                "--models-directory=\(directory.file("models"))", "--grpc-listen=", "--sink-url=file:\(events)",
                "--capture-tap-peers=192.0.2.1",
            ]
        )
        let body = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#
        let connection = try LoopbackSocket(server.base)
        for (id, header) in [
            ("plain", ""), ("tapped", "Vedette-Tap: 1\r\n"), ("skipped", "Seldon-Skip-Logging: true\r\n"),
        ] {
            let answer = connection.answer(
                to: "POST /v2/models/my%20model/infer/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: \(id)\r\n\(header)"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        }
        let setting = connection.answer(to: "GET /v2/models/my%20model/trace/setting HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(setting.hasPrefix("HTTP/1.1 200") && setting.contains("trace_rate"), "\(setting)")
        let metrics = connection.answer(to: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(metrics.contains("vedette_tap_mark_ignored_total 1\n"))
        #expect(metrics.contains("vedette_skip_logging_ignored_total 1\n"))
        let coded = connection.answer(
            to:
                "POST /v2/models/my%20model/infer HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"
        )
        #expect(coded.hasPrefix("HTTP/1.1 415") && coded.contains("gzip or deflate"), "\(coded)")
        let length = connection.answer(
            to: "POST /v2/models/my%20model/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: abc\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        #expect(length.hasPrefix("HTTP/1.1 400") && length.contains("Inference-Header-Content-Length"), "\(length)")
        #expect(server.terminate() == 0)
        let told = try JSONFormat.decodeLines(bytes(ofFile: events))
        #expect(Set(told.compactMap { $0[extension: "requestid"] }).isSuperset(of: ["plain", "tapped", "skipped"]))
        #expect(!server.log.contains("Waiting on child channel"))
    }
}
