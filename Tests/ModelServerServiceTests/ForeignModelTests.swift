import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOPosix
import ONNXModels
import Prediction
import RemoteModels
import Tensors
import TestSupport
import Testing

/// scikit-learn's net for digits, exported to ONNX, served by the executable and asked over the wire.
@Suite(.timeLimit(.minutes(1))) struct `A model of another library, served` {
    private let directory = TemporaryDirectory()

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    /// The environment that `scripts/setup --test` makes; else the library is looked for.
    private static let library: String? = {
        let path = root.deletingLastPathComponent().appending(path: ".venv-test").path
        return LibraryPlaces(setting: path).candidates.first
    }()
    static let hasRuntime = (try? RuntimeLibrary.shared(library)) != nil

    /// The model's folder, and rows with scikit-learn's own answers.
    private func prepare() throws -> (rows: Tensor<Float>, expected: [Double]) {
        let references = Self.root.appending(path: "ONNXModelsTests/References")
        let folder = URL(filePath: directory.file("models/digits/1"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: references.appending(path: "digits_mlp.onnx"),
            to: folder.appending(path: "model.onnx")
        )
        let file = "format_version = 1\nname = \"digits\"\nversion = \"1\"\nkind = \"onnx\"\n"
        try Data(file.utf8).write(to: folder.appending(path: "model.toml"))
        let values = try JSONValue(parsing: Array(Data(contentsOf: references.appending(path: "models.json"))))
        let entry = try #require(values["cases"]?.array?.first { $0["name"]?.string == "digits_mlp" })
        let elements = try #require(entry["rows"]?.array).compactMap { $0.double.map { Float($0) } }
        let expected = try #require(entry["expected"]?.array).flatMap { $0.array ?? [] }.compactMap(\.double)
        return (try Tensor(shape: [elements.count / 64, 64], elements: elements), expected)
    }

    private func start() async throws -> ServiceProcess {
        try await ServiceProcess(
            "model-server",
            directory: directory.path,
            arguments: ["--models-directory=\(directory.file("models"))", "--grpc-listen=127.0.0.1:0"]
                + (Self.library.map { ["--onnx-library=\($0)"] } ?? [])
        )
    }

    private static let client = HTTPClient(eventLoopGroupProvider: .singleton)

    @Test(
        .enabled(if: hasRuntime, "ONNX Runtime is not on this machine; scripts/setup --test installs its wheel"),
        arguments: [
            (.v2, "/v2/models/digits"), (.v2Binary, "/v2/models/digits"), (.v1, "/v1/models/digits"),
            (.v1Columns, "/v1/models/digits"), (.seldon, "/seldon/default/digits/api/v1.0/predictions"),
        ] as [(ModelMap.Dialect, String)]
    )
    func `answers through a URL as its library does`(dialect: ModelMap.Dialect, path: String) async throws {
        let (rows, expected) = try prepare()
        let server = try await start()
        let base = server.base
        // The V2 protocol describes a model; the others need to be told.
        let described = ModelSchema(
            inputs: [ColumnDescription(name: "X", shape: [64])],
            outputs: [ColumnDescription(name: "probabilities", shape: [10])]
        )
        let isV2 = dialect == .v2 || dialect == .v2Binary
        let (model, answers) = try await NIOThreadPool.singleton.runIfActive {
            let model = try RemoteRuntime(client: Self.client).open(
                "digits",
                version: nil,
                url: "\(base)\(path)",
                entry: ModelMap.Entry(location: .url(base), dialect: dialect, maxRows: 5),
                schema: isV2 ? nil : described
            )
            return (model.model, try model.predict(rows))
        }
        #expect(model.inputs == described.inputs && model.version == (isV2 ? "1" : ""))
        #expect(answers.shape == [rows.rows, 10])
        for (given, wanted) in zip(answers.elements, expected) { #expect(abs(Double(given) - wanted) <= 1e-6) }

        let told = try await Self.client.execute(
            HTTPClientRequest(url: "\(base)/v2/models/digits"),
            timeout: .seconds(10)
        )
        let body = try await told.body.collect(upTo: 1 << 16)
        let metadata = try JSONValue(parsing: Array(body.readableBytesView))
        #expect(metadata["platform"]?.string == "onnxruntime_onnx")
        #expect(server.terminate() == 0)
    }

    @Test func `is refused at the start where its library is not there, with the way to get it`() throws {
        _ = try prepare()
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=127.0.0.1:0", "--grpc-listen=", "--state-directory=\(directory.file("state"))",
                "--models-directory=\(directory.file("models"))", "--onnx-library=/nowhere",
            ]
        )
        #expect(code == 78 && log.contains("pip install onnxruntime"), "\(log)")
    }

    @Test func `is refused at the start where its kind is not known`() throws {
        _ = try prepare()
        let file = "format_version = 1\nname = \"digits\"\nversion = \"1\"\nkind = \"pickle\"\n"
        directory.write(Array(file.utf8), to: "models/digits/1/model.toml")
        let (code, log) = try ServiceProcess.run(
            "model-server",
            arguments: [
                "--http-listen=127.0.0.1:0", "--grpc-listen=", "--state-directory=\(directory.file("state"))",
                "--models-directory=\(directory.file("models"))",
            ]
        )
        #expect(code == 78 && log.contains("the kind is pickle") && log.contains("native, onnx"), "\(log)")
    }
}
