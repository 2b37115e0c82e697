import Foundation
import ONNXModels
import Prediction
import TestSupport
import Testing

/// A model folder around one of the graphs in `References`.
struct ONNXFolder {
    private let directory = TemporaryDirectory()

    /// - Parameters:
    ///   - graph: The name of a file of `References`; nil writes none.
    ///   - lines: Further lines of `model.toml`.
    init(_ graph: String?, schema: String? = nil, lines: String = "") throws {
        let header = "format_version = 1\nname = \"m\"\nversion = \"1\"\nkind = \"onnx\"\n"
        directory.write(Array((header + lines).utf8), to: "model.toml")
        if let schema { directory.write(Array(schema.utf8), to: "schema.toml") }
        if let graph { write(try Self.bytes(of: "\(graph).onnx"), to: "model.onnx") }
    }

    var path: String { directory.path }

    /// Writes a file into the folder.
    func write(_ bytes: [UInt8], to name: String) { directory.write(bytes, to: name) }

    /// Opens the model.
    func open(_ runtime: ONNXRuntime = Self.runtime) throws -> any Predictor {
        try runtime.open(ModelFolder(directory.path))
    }

    /// The bytes of a file of `References`.
    static func bytes(of name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References")
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }

    /// The environment that `scripts/setup --test` makes, where it did.
    private static let environment: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.appending(path: ".venv-test").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// The place of the library: that environment, else wherever it is found.
    static let library = environment.flatMap { LibraryPlaces(setting: $0).candidates.first }
    static let runtime = ONNXRuntime(library: library)

    /// Whether there is an ONNX Runtime on this machine.
    static let hasRuntime = (try? RuntimeLibrary.shared(library)) != nil
    static let noRuntime: Comment = "ONNX Runtime is not on this machine; scripts/setup --test installs its wheel"
}
