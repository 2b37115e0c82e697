import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import NativeModels
import NeuralNetworks
import OpenInference
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `The explainer process` {
    @Test func `explains through every door, draws when asked, and refuses what it cannot`() async throws {
        let directory = TemporaryDirectory()
        var generator = SeededGenerator(seed: 1)
        let rows = Tensor<Float>(shape: [120, 4]) { target in
            for index in 0..<480 { target.initializeElement(at: index, to: Float(generator.normal())) }
        }
        let labels = (0..<120).map { rows[row: $0].elements[0] > 0 ? 1 : 0 }
        let training = ClassifierTraining(
            name: "blobs",
            architecture: .mlp,
            classes: ["low", "high"],
            epochs: 20,
            seed: 2
        )
        let model = try training.train(rows, labels: labels).model
        try model.save(folder: directory.file("blobs/1"))
        let models = """
            [blobs]
            path = "blobs"
            [paths]
            path = "blobs"
            [paths.request]
            features = "$.rows[*].values"

            """
        directory.write(Array(models.utf8), to: "models.toml")
        for (name, text) in [
            ("why", "name = \"IntegratedGradients\"\nn_steps = 500\n[model]\nname = \"blobs\"\n"),
            ("broken", "name = \"Oracle\"\n"),
        ] {
            try FileManager.default.createDirectory(
                atPath: directory.file("explainers/\(name)"),
                withIntermediateDirectories: true
            )
            directory.write(Array(text.utf8), to: "explainers/\(name)/explainer.toml")
        }
        let process = try await ServiceProcess(
            "explainer",
            directory: directory.path,
            arguments: [
                "--models-file=\(directory.file("models.toml"))",
                "--explainers-directory=\(directory.file("explainers"))",
                "--explain-rows-limit=10", "--explain-concurrency=1",
            ]
        )
        let list = try await Self.send(process.base, "GET", "/v1/explainers").json["items"]?.array ?? []
        #expect(list.map { $0["name"]?.string } == ["broken", "paths", "why"])
        #expect(list.map { $0["state"]?.string } == ["refused", "running", "running"])

        let instance: [Float] = [1.5, -0.5, 0.25, 0]
        let question = try InferenceRequest(
            id: "q",
            inputs: [NamedTensor(name: "features", Tensor<Float>(shape: [1, 4]) { _ = $0.initialize(from: instance) })]
        ).encoded()
        let answer = try await Self.send(
            process.base,
            "POST",
            "/v1/models/blobs:explain?target=1&picture=svg",
            question
        )
        #expect(answer.status == 200)
        #expect(answer.json["meta"]?["name"]?.string == "IntegratedGradients")
        let data = try #require(answer.json["data"])
        let attributions = try #require(data["attributions"]?[0]?[0]?.array).compactMap(\.double)
        let prediction = try #require(data["predictions"]?[0]?[1]?.double)
        // Completeness: what the inputs did adds up to the difference from the baseline, as the model itself gives it.
        let baseline = try model.predict(Tensor<Float>(shape: [1, 4], repeating: 0)).elements[1]
        // The kinks of a relu network cost a rule of 500 nodes about 1/500 of the gradient's jump at each.
        #expect(abs(attributions.reduce(0, +) - (prediction - Double(baseline))) < 5e-3)
        #expect(abs(data["deltas"]?[0]?.double ?? 1) < 5e-3)
        #expect(
            attributions.indices.max { attributions[$0] < attributions[$1] } == 0,
            "the first input decides the class"
        )
        #expect(data["pictures"]?[0]?.string?.hasPrefix("<svg") == true)

        let instances = Array("{\"instances\": [[1.5, -0.5, 0.25, 0]]}".utf8)
        let same = try await Self.send(process.base, "POST", "/api/v1.0/explain?explainer=why&target=1", instances)
        #expect(same.json["data"]?["attributions"] == data["attributions"])

        // A body that follows no dialect, by the JSON path of its model.
        let free = Array("{\"rows\": [{\"values\": [1.5, -0.5, 0.25, 0]}]}".utf8)
        let mapped = try await Self.send(process.base, "POST", "/v1/models/paths:explain?target=1", free)
        #expect(mapped.status == 200 && mapped.json["data"]?["attributions"]?[0]?[0]?.array?.count == 4)
        #expect(try await Self.send(process.base, "POST", "/v1/models/blobs:explain?target=1", free).status == 400)

        let reply = try await Self.send(process.base, "POST", "/v2/models/why/infer?target=1", question)
        let inference = try InferenceResponse(decoding: reply.bytes)
        #expect(inference.outputs.map(\.name) == ["explanation"])
        guard case .bytes(_, let values) = inference.outputs[0].tensor else { throw Wrong() }
        #expect(try JSONValue(parsing: values[0])["data"]?["attributions"] == data["attributions"])

        // More at once than it works on: the rest is told to come again, and nothing hangs.
        let rows10 = Array("{\"instances\": [\(Array(repeating: "[1,2,3,4]", count: 10).joined(separator: ","))]}".utf8)
        let base = process.base
        let crowd = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<24 {
                group.addTask { try await Self.send(base, "POST", "/v1/models/blobs:explain", rows10).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(crowd) == [200, 503], "\(crowd)")
        #expect(try await Self.send(base, "POST", "/v1/models/blobs:explain", rows10).status == 200)

        let short = Array("{\"instances\": [[1, 2, 3]]}".utf8)
        #expect(try await Self.send(process.base, "POST", "/v1/models/blobs:explain", short).status == 400)
        let many = Array("{\"instances\": [\(Array(repeating: "[1,2,3,4]", count: 11).joined(separator: ","))]}".utf8)
        #expect(try await Self.send(process.base, "POST", "/v1/models/blobs:explain", many).status == 413)
        #expect(try await Self.send(process.base, "POST", "/v1/models/nobody:explain", question).status == 404)
        #expect(try await Self.send(process.base, "POST", "/v1/models/blobs:explain?target=9", question).status == 400)
        #expect(try await Self.send(process.base, "POST", "/v1/models/blobs:explain", Array("{".utf8)).status == 400)

        // Events are counted by what became of them, and bodies that cannot be read by the reason, as everywhere.
        func event(_ data: String) -> [UInt8] {
            Array(
                #"{"specversion":"1.0","id":"1","source":"/s","type":"io.vedette.inference.request","data":\#(data)}"#
                    .utf8
            )
        }
        let type = "application/cloudevents+json"
        let path = "/v1/models/blobs:explain?target=1"
        #expect(
            try await Self.send(process.base, "POST", path, event(#"{"instances":[[1,2,3,4]]}"#), type).status == 200
        )
        #expect(try await Self.send(process.base, "POST", path, event(#"{"instances":[[1,{}]]}"#), type).status == 400)
        #expect(try await Self.send(process.base, "POST", path, Array("{}".utf8), type).status == 400)
        let metrics = try await Self.send(process.base, "GET", "/metrics").text
        let counted = "vedette_events_total{type=\"io.vedette.inference.request\",outcome="
        #expect(metrics.contains(counted + "\"handled\"} 1\n"), "\(metrics)")
        #expect(metrics.contains(counted + "\"refused\"} 1\n"))
        #expect(metrics.contains("vedette_events_total{type=\"none\",outcome=\"refused\"} 1\n"))
        #expect(metrics.contains("vedette_undecodable_payloads_total{reason=\"malformed_payload\"} 2\n"))
        #expect(process.terminate() == 0)
    }

    @Test func `does not start with a setting that nobody declared`() throws {
        #expect(try ServiceProcess.run("explainer", arguments: ["--explainers-folder=x"]).code == 78)
    }

    struct Wrong: Error {}

    static func send(
        _ base: String,
        _ method: String,
        _ path: String,
        _ body: [UInt8]? = nil,
        _ contentType: String? = nil
    ) async throws -> (status: Int, json: JSONValue, bytes: [UInt8], text: String) {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        if let contentType { request.headers.add(name: "content-type", value: contentType) }
        if let body { request.body = .bytes(body) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        let json = (try? JSONValue(parsing: bytes)) ?? .null
        return (Int(response.status.code), json, bytes, String(decoding: bytes, as: UTF8.self))
    }
}
