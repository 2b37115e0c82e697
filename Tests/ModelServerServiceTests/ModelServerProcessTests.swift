import Foundation
import JSON
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The model server process` {
    private let directory = TemporaryDirectory()

    /// Four inputs, three classes.
    private func saveModel() throws {
        var generator = SeededGenerator(seed: 1)
        let network = try Network(inputShape: [4], layers: [.dense(units: 3)], using: &generator)
        let description = ModelDescription(
            name: "small",
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: [4])],
            outputs: [ColumnDescription(name: "probabilities", shape: [3], classes: ["a", "b", "c"])]
        )
        try NativeModel(description, network: network).save(folder: directory.file("models/small/1"))
    }

    private func start(log: String = "log") async throws -> ServiceProcess {
        try await ServiceProcess(
            "model-server",
            directory: directory.path,
            log: log,
            arguments: ["--models-directory=\(directory.file("models"))", "--grpc-listen=127.0.0.1:0"]
        )
    }

    private static let body = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#

    private static func request(_ model: String = "small", headers: String = "") -> String {
        "POST /v2/models/\(model)/infer HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n"
    }

    @Test(
        arguments: [
            (["--inference-threads", "0"], 78, "1 to 64"),
            (["--inference-thread", "2"], 78, "--inference-threads"),
            (["--http-listen", "0.0.0.0:0"], 78, "--auth-token-file"),
            (["--grpc-listen", "0.0.0.0:0"], 78, "grpc.listen"),
            (["--grpc-listen", "8081"], 78, "host:port"),
            (["--models-directory", "/nowhere"], 78, "/nowhere"),
            (["serve"], 64, "serve"),
        ] as [([String], Int32, String)]
    )
    func `does not start with settings that cannot be meant`(arguments: [String], code: Int32, says: String) throws {
        try saveModel()
        let defaults = ["--state-directory=\(directory.file("state"))"]
        let grpc = arguments.contains("--grpc-listen") ? [] : ["--grpc-listen=127.0.0.1:0"]
        let models = arguments.contains("--models-directory") ? [] : ["--models-directory=\(directory.file("models"))"]
        let (ended, log) = try ServiceProcess.run("model-server", arguments: arguments + defaults + grpc + models)
        #expect(ended == code)
        #expect(log.contains(says), "\(log)")
    }

    @Test func `does not start with a model that is broken, and names its file`() throws {
        try saveModel()
        directory.write(Array("units = ".utf8), to: "models/small/1/model.toml")
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=127.0.0.1:0", "--grpc-listen=", "--state-directory=\(directory.file("state"))",
                "--models-directory=\(directory.file("models"))",
            ]
        )
        #expect(code == 78)
        #expect(log.contains("small/1/model.toml"), "\(log)")
    }

    @Test func `ends with 69 when its port is taken`() async throws {
        try saveModel()
        let first = try await start()
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=\(first.base.dropFirst("http://".count))",
                "--grpc-listen=", "--state-directory=\(directory.file("other-state"))",
                "--models-directory=\(directory.file("models"))",
            ]
        )
        #expect(code == 69)
        #expect(log.contains("port_in_use"), "\(log)")
        #expect(first.terminate() == 0)
    }

    @Test func `ends with 69 when the port for gRPC is taken, and names its flag`() async throws {
        try saveModel()
        let first = try await start()
        while !first.log.contains("grpc.address=") {
            try await Task.sleep(for: .milliseconds(10))  // a process gives no other signal
        }
        let address = try #require(first.log.split(separator: "grpc.address=").last?.prefix { !$0.isWhitespace })
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=127.0.0.1:0", "--grpc-listen=\(address)",
                "--state-directory=\(directory.file("other-state"))",
                "--models-directory=\(directory.file("models"))",
            ]
        )
        #expect(code == 69)
        #expect(log.contains("port_in_use") && log.contains("--grpc-listen"), "\(log)")
        #expect(first.terminate() == 0)
    }

    @Test func `serves no gRPC where none is wanted`() async throws {
        try saveModel()
        let server = try await ServiceProcess(
            "model-server",
            directory: directory.path,
            arguments: ["--models-directory=\(directory.file("models"))", "--grpc-listen="]
        )
        #expect(!server.log.contains("gRPC"))
        #expect(server.terminate() == 0)
    }

    @Test func `says which models there are to whoever asks for another`() async throws {
        try saveModel()
        let server = try await start()
        let connection = try LoopbackSocket(server.base)
        connection.send(Self.request("large") + Self.body)
        let answer = connection.receive { $0.contains("}") }
        #expect(answer.hasPrefix("HTTP/1.1 404") && answer.contains("Known are small"))
        #expect(server.terminate() == 0)
    }

    @Test func `answers the requests that SIGTERM finds under way, and stops with 0`() async throws {
        try saveModel()
        let server = try await start()
        let connections = try (0..<3).map { _ in try LoopbackSocket(server.base) }
        for connection in connections {
            connection.send(Self.request(headers: "Expect: 100-continue\r\n"))
            // So its head is read before the signal comes.
            #expect(connection.receive { $0.hasSuffix("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
        }
        server.beginStop()
        for connection in connections {
            connection.send(Self.body)
            let answer = connection.receive { _ in false }
            #expect(answer.contains("HTTP/1.1 200") && answer.contains("probabilities"), "\(answer)")
        }
        #expect(server.end() == 0)
    }
}
