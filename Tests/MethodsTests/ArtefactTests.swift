import FoundationEssentials
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Monitor folder` {
    static let text = """
        name = "RowMean"
        p_val = 0.05
        seed = 3

        [preprocess]
        method = "standardise"

        [alert]
        owner = "somebody"
        """

    static func rows(_ count: Int = 90, seed: UInt64 = 1) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        return Tensor(vector: (0..<count * 4).map { _ in Float(generator.normal()) }).withShape([count, 4])
    }

    static func fitted(_ text: String = text, in directory: TemporaryDirectory, named name: String = "monitor") throws
        -> String
    {
        let configuration = try MonitorConfiguration(parsing: text, catalog: RowMeanFactory.catalog)
        let folder = directory.file(name)
        _ = try Fitting.fit(configuration, catalog: RowMeanFactory.catalog, rows: rows(), output: folder)
        return folder
    }

    static func refusal(_ folder: String) throws -> MethodError {
        try #require(throws: MethodError.self) { try Artefact(reading: folder, catalog: RowMeanFactory.catalog) }
    }

    @Test func `gives the same numbers after it was written and read`() throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        let monitors = try (0..<2).map { _ in
            try RowMeanFactory.catalog.load(Artefact(reading: folder, catalog: RowMeanFactory.catalog))
        }
        let rows = Self.rows(20, seed: 9)
        let results = try monitors.map { monitor -> InstanceResult in
            guard case .instance(let scorer) = monitor.method else { throw CancellationError() }
            return try scorer.score(monitor.features(of: rows, from: .inputs))
        }
        #expect(results[0] == results[1])
        #expect(monitors[0].configHash == monitors[1].configHash)
        #expect(monitors[0].manifest.split == [.features: 54, .calibration: 36])  // 90 rows, 0.3 to 0.2
        #expect(monitors[0].manifest.promiseHolds)
        #expect(monitors[0].manifest.rowShape == [4])
    }

    @Test func `keeps the configuration as it was written`() throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(Self.text + "\n# why 5 %: ask Ann", in: directory)
        let artefact = try Artefact(reading: folder, catalog: RowMeanFactory.catalog)
        #expect(artefact.configuration.text.hasSuffix("# why 5 %: ask Ann"))
    }

    @Test func `the hash covers what decides verdicts and nothing else`() throws {
        let directory = TemporaryDirectory()
        func hash(_ text: String, _ name: String) throws -> String {
            try Artefact(reading: Self.fitted(text, in: directory, named: name), catalog: RowMeanFactory.catalog)
                .configHash
        }
        let original = try hash(Self.text, "a")
        #expect(original.utf8.count == 16)
        #expect(try hash(Self.text.replacing("somebody", with: "nobody") + "\n# note", "b") == original)
        #expect(try hash(Self.text.replacing("p_val = 0.05", with: "p_val = 0.1"), "c") != original)
        #expect(try hash(Self.text.replacing("seed = 3", with: "seed = 4"), "d") != original)
    }

    @Test func `a changed file is refused by name`() throws {
        let directory = TemporaryDirectory()
        for name in ["config.toml", "calibration.npy", "preprocess_mean.npy"] {
            let folder = try Self.fitted(in: directory)
            let path = "\(folder)/\(name)"
            var changed = bytes(ofFile: path)
            changed[changed.count - 1] ^= 1
            try Data(changed).write(to: URL(filePath: path))
            let error = try Self.refusal(folder)
            #expect(error.code == .invalidArtefact)
            #expect(error.message.contains(name))
        }
    }

    @Test func `a missing and a foreign file are refused by name`() throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        try Data([0]).write(to: URL(filePath: "\(folder)/model.dill"))
        #expect(try Self.refusal(folder).message.contains("model.dill"))
        try FileManager.default.removeItem(atPath: "\(folder)/model.dill")
        try FileManager.default.removeItem(atPath: "\(folder)/calibration.npy")
        #expect(try Self.refusal(folder).message.contains("calibration.npy"))
    }

    @Test func `a folder without a manifest is refused`() throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        try FileManager.default.removeItem(atPath: "\(folder)/manifest.json")
        #expect(try Self.refusal(folder).message.contains("manifest.json"))
        #expect(try Self.refusal(directory.file("nowhere")).code == .fileSystem)
    }

    @Test(arguments: ["../secret.npy", "/etc/hostname", "sub/x.npy", ".hidden"])
    func `a manifest that names a file outside is refused by that name`(name: String) throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        let path = "\(folder)/manifest.json"
        let manifest = String(decoding: bytes(ofFile: path), as: UTF8.self)
        let entry = "\"\(name)\":\"\(String(repeating: "0", count: 64))\","
        try Data(manifest.replacing("\"files\":{", with: "\"files\":{\(entry)").utf8).write(to: URL(filePath: path))
        let error = try Self.refusal(folder)
        #expect(error.code == .invalidArtefact)
        #expect(error.message.contains(name))
    }

    @Test func `a link out of the folder is refused, a link within is followed`() throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        let manager = FileManager.default
        try manager.createDirectory(atPath: "\(folder)/..data", withIntermediateDirectories: false)
        try manager.moveItem(atPath: "\(folder)/calibration.npy", toPath: "\(folder)/..data/calibration.npy")
        try manager.createSymbolicLink(
            atPath: "\(folder)/calibration.npy",
            withDestinationPath: "..data/calibration.npy"
        )
        _ = try Artefact(reading: folder, catalog: RowMeanFactory.catalog)  // as a mounted ConfigMap looks

        try manager.moveItem(atPath: "\(folder)/..data/calibration.npy", toPath: directory.file("outside.npy"))
        try manager.removeItem(atPath: "\(folder)/calibration.npy")
        try manager.createSymbolicLink(
            atPath: "\(folder)/calibration.npy",
            withDestinationPath: directory.file("outside.npy")
        )
        let error = try Self.refusal(folder)
        #expect(error.code == .invalidArtefact)
        #expect(error.message.contains("calibration.npy") && error.message.contains("outside"))
    }

    static let brokenManifests: [(old: String, new: String, field: String)] = [
        ("\"format_version\":1", "\"format_version\":2", "format_version"),
        ("\"promise_holds\":true", "\"promise_holds\":1", "promise_holds"),
        ("\"row_shape\":[4]", "\"row_shape\":[-4]", "row_shape"),
        ("\"feature_shape\":[4]", "\"feature_shape\":\"x\"", "feature_shape"),
        ("\"features\":54", "\"features\":-1", "features"),
        ("\"config.toml\":\"", "\"config.toml\":\"zz", "config.toml"),
    ]

    @Test(arguments: brokenManifests)
    func `a manifest with a wrong field is refused by that field`(old: String, new: String, field: String) throws {
        let directory = TemporaryDirectory()
        let folder = try Self.fitted(in: directory)
        let path = "\(folder)/manifest.json"
        let manifest = String(decoding: bytes(ofFile: path), as: UTF8.self)
        let changed = manifest.replacing(old, with: new)
        #expect(changed != manifest)
        try Data(changed.utf8).write(to: URL(filePath: path))
        let error = try Self.refusal(folder)
        #expect(error.code == .invalidArtefact)
        #expect(error.message.contains(field))
    }

    @Test func `nothing that is not a monitor's folder is overwritten`() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("home"), withIntermediateDirectories: false)
        try Data([1]).write(to: URL(filePath: directory.file("home/thesis.tex")))
        let error = try #require(throws: MethodError.self) { try Self.fitted(in: directory, named: "home") }
        #expect(error.code == .fileSystem)
        #expect(bytes(ofFile: directory.file("home/thesis.tex")) == [1])
    }
}
