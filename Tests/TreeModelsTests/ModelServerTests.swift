import AsyncHTTPClient
import FoundationEssentials
import JSON
import NIOCore
import NIOHTTP1
import Prediction
import Tensors
import TestSupport
import Testing

/// The executable, a folder of each kind, and V2 JSON over loopback.
@Suite(.timeLimit(.minutes(1))) struct `The model server with other libraries' models` {
    private let directory = TemporaryDirectory()

    private static let models = [
        (reference: "xgboost-3.2-softprob", file: "model.ubj", kind: "xgboost"),
        (reference: "lightgbm-4.7-binary", file: "model.txt", kind: "lightgbm"),
        (reference: "scikit-learn-histogram-classes", file: "model.safetensors", kind: "scikit-learn"),
        (reference: "scikit-learn-logistic-regression", file: "model.safetensors", kind: "scikit-learn"),
    ]

    private func writeModels() throws {
        for (name, file, kind) in Self.models {
            directory.write(try Reference.named(name).bytes, to: "models/\(name)/1/\(file)")
            let text = "format_version = 1\nname = \"\(name)\"\nversion = \"1\"\nkind = \"\(kind)\"\n"
            directory.write(Array(text.utf8), to: "models/\(name)/1/model.toml")
        }
    }

    private func ask(_ method: String, _ url: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if let body { request.body = .bytes(ByteBuffer(bytes: body.serialized())) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return try JSONValue(parsing: Array(try await response.body.collect(upTo: 1 << 22).readableBytesView))
    }

    @Test func `answers what the libraries answer`() async throws {
        for (name, _, _) in Self.models {
            try FileManager.default.createDirectory(
                atPath: directory.file("models/\(name)/1"),
                withIntermediateDirectories: true
            )
        }
        try writeModels()
        let server = try await ServiceProcess(
            "model-server",
            directory: directory.path,
            log: "log",
            arguments: ["--models-directory=\(directory.file("models"))"]
        )
        for (name, _, kind) in Self.models {
            let (x, expected, _) = try Reference.named(name).values()
            let description = try await ask("GET", server.base + "/v2/models/\(name)")
            #expect(description["platform"]?.string == (kind == "scikit-learn" ? "sklearn" : kind))
            let body: JSONValue = [
                "inputs": [
                    [
                        "name": "input", "datatype": "FP64",
                        "shape": .array(x.shape.map { .integer(Int64($0)) }),
                        "data": .array(x.elements.map { .number(Double($0)) }),
                    ]
                ]
            ]
            let answer = try await ask("POST", server.base + "/v2/models/\(name)/infer", body)
            let values = try #require(answer["outputs"]?[0]?["data"]?.array).compactMap(\.double)
            #expect(answer["outputs"]?[0]?["name"]?.string == "output")
            let width = values.count / x.rows
            for row in 0..<x.rows {
                let wanted = expected.elementsPerRow == 1 ? expected[row] : expected[(row + 1) * width - 1]
                #expect(isClose(values[(row + 1) * width - 1], wanted, absolute: 1e-6), "\(name), row \(row)")
            }
        }
        #expect(server.terminate() == 0)
    }

    @Test func `does not start with a damaged file, and says what is wrong with it`() throws {
        let name = "lightgbm-4.7-binary"
        try FileManager.default.createDirectory(
            atPath: directory.file("models/\(name)/1"),
            withIntermediateDirectories: true
        )
        directory.write(Array(try Reference.named(name).bytes.prefix(4_000)), to: "models/\(name)/1/model.txt")
        let text = "format_version = 1\nname = \"m\"\nversion = \"1\"\nkind = \"lightgbm\"\n"
        directory.write(Array(text.utf8), to: "models/\(name)/1/model.toml")
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=127.0.0.1:0", "--state-directory=\(directory.file("state"))",
                "--models-directory=\(directory.file("models"))",
            ]
        )
        #expect(code == 78)
        #expect(log.contains("1/model.txt: the file stops before"), "\(log)")
    }
}
