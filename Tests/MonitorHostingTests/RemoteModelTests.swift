import Foundation
import JSON
import OpenInference
import Statistics
import Tensors
import TestSupport
import Testing

/// The model of an adversarial detector, once in its own process and once behind a URL.
@Suite(.timeLimit(.minutes(1))) struct `A detector whose model is behind a URL` {
    /// Starts a process with a folder of its own for state and log.
    private func start(_ executable: String, _ fixture: DetectorFixture, _ arguments: [String]) async throws
        -> ServiceProcess
    {
        let folder = fixture.directory.file("process-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try await ServiceProcess(executable, directory: folder, arguments: arguments)
    }

    private func detector(_ fixture: DetectorFixture, models: String) async throws -> ServiceProcess {
        try await start(
            "adversarial-detector",
            fixture,
            ["--monitors-directory=\(fixture.monitors)", "--models-file=\(models)"]
        )
    }

    private func scores(_ detector: ServiceProcess, _ rows: Tensor<Float>) async throws -> [Double] {
        let body = try InferenceRequest(inputs: [NamedTensor(name: "features", rows)]).encoded()
        let answer = try await DetectorClient(base: detector.base).send("POST", "/v2/models/watch/infer", body: body)
        try #require(answer.status == 200, "\(answer.json.text)")
        let outputs = try InferenceResponse(decoding: answer.bytes).outputs
        let scores = try #require(outputs.first { $0.name == "instance_score" })
        return try scores.tensor.converted(to: Double.self).elements
    }

    @Test func `judges as one whose model is in its process, and says when the server is gone`() async throws {
        let fixture = try DetectorFixture(.adversarial)
        let server = try await start(
            "model-server",
            fixture,
            ["--models-directory=\(fixture.directory.path)", "--grpc-listen=127.0.0.1:0"]
        )
        let map = "[blobs]\nurl = \"\(server.base)\"\ntimeout = \"2s\"\nmax_rows = 16\n"
        let models = fixture.directory.write(Array(map.utf8), to: "remote.toml")
        let near = try await detector(fixture, models: fixture.models)
        let far = try await detector(fixture, models: models)

        var generator = SeededGenerator(seed: 4)
        let rows = DetectorFixture.rows(40, shifted: false, using: &generator)
        let (expected, found) = (try await scores(near, rows), try await scores(far, rows))
        #expect(found.count == 40)
        // The same net on the same floats, of which decimal text and back loses nothing.
        for (score, other) in zip(expected, found) { #expect(abs(score - other) <= 1e-6 * max(1, abs(score))) }

        #expect(server.terminate() == 0)
        let body = try InferenceRequest(inputs: [NamedTensor(name: "features", rows)]).encoded()
        let answer = try await DetectorClient(base: far.base).send("POST", "/v2/models/watch/infer", body: body)
        #expect(answer.status == 502)
        #expect(answer.json["error"]?.string?.contains("\(server.base)/v2/models/blobs") == true, "\(answer.json.text)")
        #expect(try await DetectorClient(base: far.base).send("GET", "/readyz").status == 200)
        #expect(near.terminate() == 0 && far.terminate() == 0)
    }
}
