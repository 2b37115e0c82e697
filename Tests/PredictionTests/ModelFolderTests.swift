import Foundation
import Prediction
import TOML
import Tensors
import TestSupport
import Testing

/// Answers nothing but says which folder it was opened from.
private struct FolderPredictor: Predictor {
    let model: ModelDescription

    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> { batch }
}

private struct FolderRuntime: ModelRuntime {
    let kind: String
    let platform = "test"

    func open(_ folder: ModelFolder) throws -> any Predictor {
        FolderPredictor(model: folder.description(try folder.schema()))
    }
}

/// Remembers nothing: makes a predictor whose version is the URL that it would ask.
private struct URLRuntime: ModelServerRuntime {
    func open(
        _ name: String,
        version: String?,
        url: String,
        entry: ModelMap.Entry,
        schema: ModelSchema?
    ) throws -> any Predictor {
        FolderPredictor(model: ModelDescription(name: name, version: url, inputs: [], outputs: []))
    }
}

@Suite struct `A folder of a model of any kind` {
    private let scratch = TemporaryDirectory()
    private let runtimes = ModelRuntimes([FolderRuntime(kind: "native"), FolderRuntime(kind: "other")])

    /// Writes a version folder and gives the path of the model folder.
    private func write(_ version: String, _ modelFile: String, schema: String? = "[[inputs]]\nname = \"x\"\n") throws
        -> String
    {
        try FileManager.default.createDirectory(
            atPath: scratch.file("m/\(version)"),
            withIntermediateDirectories: true
        )
        scratch.write(Array(modelFile.utf8), to: "m/\(version)/model.toml")
        if let schema { scratch.write(Array(schema.utf8), to: "m/\(version)/schema.toml") }
        return scratch.file("m")
    }

    @Test func `is of Vedette's own kind when it names none`() throws {
        let folder = try ModelFolder(write("1", "format_version = 1\nname = \"m\"\nversion = \"1\"\n"))
        #expect(folder.header == ModelHeader(name: "m", version: "1", kind: "native"))
        #expect(try runtimes.runtime(of: folder).kind == "native")
        #expect(try runtimes.open(folder).model.name == "m")
    }

    @Test func `is opened by the runtime of its kind, and leaves further keys to it`() throws {
        let path = try write("7", "format_version = 1\nname = \"m\"\nversion = \"7\"\nkind = \"other\"\nfile = \"w\"\n")
        let folder = try ModelFolder(path)
        #expect(folder.path == "\(path)/7")
        #expect(try runtimes.runtime(of: folder).kind == "other")
        let table = try folder.modelFile()
        #expect(try table.text("file") == "w")
        try table.finish()
        #expect(try folder.description(folder.schema()).inputs.map(\.name) == ["x"])
        #expect(folder.size(of: "schema.toml") == 22 && folder.size(of: "weights") == nil)
    }

    @Test func `of a kind that does not run here is refused with those that do`() throws {
        let path = try write("1", "format_version = 1\nname = \"m\"\nversion = \"1\"\nkind = \"quantum\"\n")
        let error = try #require(throws: PredictionError.self) { _ = try runtimes.open(folder: path) }
        #expect(error.code == .unsupportedKind)
        for mention in ["1/model.toml", "quantum", "native, other"] { #expect(error.description.contains(mention)) }
    }

    @Test func `gives the version that is asked for, else the largest number`() throws {
        for version in ["2", "10", "draft"] {
            _ = try write(version, "format_version = 1\nname = \"m\"\nversion = \"\(version)\"\n")
        }
        #expect(try ModelFolder(scratch.file("m")).header.version == "10")
        #expect(try ModelFolder(scratch.file("m"), version: "draft").header.version == "draft")
        let error = try #require(throws: PredictionError.self) { _ = try ModelFolder(scratch.file("m"), version: "3") }
        #expect(error.code == .notFound)
    }

    @Test func `may come without a schema`() throws {
        let folder = try ModelFolder(write("1", "format_version = 1\nname = \"m\"\nversion = \"1\"\n", schema: nil))
        #expect(try folder.optionalSchema() == nil)
        let error = try #require(throws: PredictionError.self) { _ = try folder.schema() }
        #expect(error.code == .notFound && error.message.contains("schema.toml"))
    }

    @Test(arguments: [
        ("name = \"m\"\nversion = \"1\"\n", "format_version"),
        ("format_version = 2\nname = \"m\"\nversion = \"1\"\n", "format_version"),
        ("format_version = 1\nversion = \"1\"\n", "name"),
        ("format_version = 1\nname = \"m\"\nversion = 1\n", "version"),
        ("format_version = 1\nname = \"m\"\nversion = \"1\"\nkind = 3\n", "kind"),
    ])
    func `that says too little is refused by key`(modelFile: String, mention: String) throws {
        let path = try write("1", modelFile)
        let error = try #require(throws: PredictionError.self) { _ = try ModelFolder(path) }
        #expect(error.code == .invalidDescription && error.message.contains(mention) && !error.remedy.isEmpty)
    }

    @Test func `is no place to look for a model behind a URL`() throws {
        let entry = ModelMap.Entry(location: .url("http://a"))
        let error = try #require(throws: PredictionError.self) {
            _ = try runtimes.open("m", url: "http://a", entry: entry)
        }
        #expect(error.code == .unsupportedKind)
        let asking = ModelRuntimes([], servers: URLRuntime())
        #expect(try asking.open("m", url: "http://a", entry: entry).model.version == "http://a")
    }
}
