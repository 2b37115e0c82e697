import Crypto
import Foundation
import JSON
import TestSupport
import Testing

/// What a detector does with the files of its monitors: it copies them once, verifies the copies, maps only them, mends and
/// removes them, and refuses what is hostile.
@Suite struct `Artefacts of a detector` {
    private static func start(
        _ kind: DetectorFixture.Kind,
        _ fixture: DetectorFixture,
        _ folder: TemporaryDirectory,
        log: String = "log",
        _ more: [String] = []
    ) async throws -> ServiceProcess {
        try await ServiceProcess(
            kind.executable,
            directory: folder.path,
            log: log,
            arguments: ["--monitors-directory=\(fixture.monitors)", "--models-file=\(fixture.models)"] + more
        )
    }

    private static func copies(_ folder: TemporaryDirectory) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.file("state/artefacts"))) ?? []).sorted()
    }

    private static func monitor(_ name: String, _ process: ServiceProcess) async throws -> JSONValue {
        try await DetectorClient(base: process.base).send("GET", "/v1/monitors/\(name)").json
    }

    /// Another monitor whose manifest vouches for what has become of one of its files.
    private static func replace(_ file: String, by bytes: [UInt8], in folder: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(file)"))
        let path = URL(filePath: "\(folder)/manifest.json")
        var manifest = try #require(try JSONValue(parsing: Array(Data(contentsOf: path))).object)
        var files = try #require(manifest["files"]?.object)
        files[file] = .string(SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined())
        manifest["files"] = .object(files)
        try Data(JSONValue.object(manifest).serialized()).write(to: path)
    }

    @Test func `that are hostile are refused by file, tensor and remedy, and the monitor beside them runs`()
        async throws
    {
        let fixture = try DetectorFixture(.outlier)
        let folder = TemporaryDirectory()
        let file = "autoencoder.safetensors"
        let tensor = "dense1.weight"
        let sound = [UInt8](try Data(contentsOf: URL(filePath: "\(fixture.monitors)/watch/\(file)")))
        for (index, hostile) in HostileSafetensors.all.enumerated() {
            let path = "\(fixture.monitors)/hostile\(index)"
            try FileManager.default.copyItem(atPath: fixture.monitors + "/watch", toPath: path)
            try Self.replace(file, by: hostile.bytes(sound, tensor), in: path)
        }
        let process = try await Self.start(.outlier, fixture, folder)
        #expect(try await Self.monitor("watch", process)["state"]?.string == "running")
        for (index, hostile) in HostileSafetensors.all.enumerated() {
            let answer = try await Self.monitor("hostile\(index)", process)
            #expect(answer["state"]?.string == "refused", "\(hostile.name)")
            let error = try #require(answer["error"]?.string)
            #expect(error.contains(file), "\(hostile.name): \(error)")
            if hostile.blamesTensor { #expect(error.contains(tensor), "\(hostile.name): \(error)") }
            #expect(answer["remedy"]?.string?.isEmpty == false, "\(hostile.name)")
        }
        #expect(process.terminate() == 0)
    }

    @Test func `are mapped from their copies alone, which are read-only, and mended when they went bad`() async throws {
        let fixture = try DetectorFixture(.drift)
        // A reference that is worth mapping: 2,000 rows of 4 columns are 32 KB.
        let folder = TemporaryDirectory()
        try fixture.fitLarge(name: "large")
        let first = try await Self.start(.drift, fixture, folder)
        let maps = memoryMaps(ofProcess: "\(first.identifier)")
        let mapped = maps.filter { $0.hasSuffix(".npy") }
        #expect(
            mapped.count == 1 && mapped[0].contains("/state/artefacts/") && mapped[0].contains(" r--p "),
            "\(mapped)"
        )
        #expect(!maps.contains { $0.contains(fixture.monitors) })
        #expect(first.terminate() == 0)

        let reference = try #require(mapped.first?.split(separator: " ").last.map { String($0) })
        let whole = try Data(contentsOf: URL(filePath: reference))
        let mode = try FileManager.default.attributesOfItem(atPath: reference)[.posixPermissions] as? Int
        #expect(mode == 0o444)
        for (index, damage) in [whole.dropLast(100), Data(repeating: 7, count: whole.count), Data()].enumerated() {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: reference)
            try Data(damage).write(to: URL(filePath: reference))
            let process = try await Self.start(.drift, fixture, folder, log: "log\(index)")
            #expect(try await Self.monitor("large", process)["state"]?.string == "running")
            #expect(process.log.contains("copy of an artefact was damaged"), "\(process.log)")
            #expect(process.log.contains("x_ref.npy"))
            #expect(process.terminate() == 0)
            #expect(try Data(contentsOf: URL(filePath: reference)) == whole)
        }
    }

    @Test func `that are damaged and cannot be made anew are refused by file`() async throws {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        let first = try await Self.start(.drift, fixture, folder)
        first.kill()
        let key = try #require(Self.copies(folder).first)
        let copy = folder.file("state/artefacts/\(key)/x_ref.npy")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
        try Data([1, 2, 3]).write(to: URL(filePath: copy))
        try Data([1, 2, 3]).write(to: URL(filePath: fixture.monitors + "/watch/x_ref.npy"))
        let second = try await Self.start(.drift, fixture, folder, log: "log2")
        let answer = try await Self.monitor("watch", second)
        #expect(answer["state"]?.string == "refused" && answer["error"]?.string?.contains("x_ref.npy") == true)
        #expect(second.terminate() == 0)
    }

    @Test func `of a copy that is a link elsewhere are not followed`() async throws {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        let first = try await Self.start(.drift, fixture, folder)
        #expect(first.terminate() == 0)
        let key = try #require(Self.copies(folder).first)
        let place = folder.file("state/artefacts/\(key)")
        try FileManager.default.moveItem(atPath: place, toPath: folder.file("elsewhere"))
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: folder.file("elsewhere"))
        let second = try await Self.start(.drift, fixture, folder, log: "log2")
        #expect(try await Self.monitor("watch", second)["state"]?.string == "running")
        #expect(second.log.contains("copy of an artefact was damaged") && second.log.contains("outside"))
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: place)) == nil)
        #expect(second.terminate() == 0)
    }

    @Test func `may link within the watched folder and not out of it`() async throws {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        let manager = FileManager.default
        // As a volume looks that is swapped under its links, and a monitor whose whole folder lies outside.
        try manager.moveItem(atPath: fixture.monitors + "/watch", toPath: fixture.monitors + "/..data")
        try manager.createSymbolicLink(atPath: fixture.monitors + "/watch", withDestinationPath: "..data")
        try manager.copyItem(atPath: fixture.monitors + "/..data", toPath: folder.file("outside"))
        try manager.createSymbolicLink(
            atPath: fixture.monitors + "/stranger",
            withDestinationPath: folder.file("outside")
        )
        let process = try await Self.start(.drift, fixture, folder)
        #expect(try await Self.monitor("watch", process)["state"]?.string == "running")
        let answer = try await Self.monitor("stranger", process)
        #expect(answer["state"]?.string == "refused" && answer["error"]?.string?.contains("outside") == true)
        #expect(process.terminate() == 0)
    }

    @Test func `of monitors that are gone are removed once no replay asks for them`() async throws {
        let fixture = try DetectorFixture(.drift)
        let folder = TemporaryDirectory()
        let process = try await Self.start(
            .drift,
            fixture,
            folder,
            ["--monitors-rescan=100ms", "--snapshot-interval=50ms"]
        )
        let client = DetectorClient(base: process.base)
        let archive = try fixture.archive(.drift, edition: 1)
        #expect(try await client.send("PUT", "/v1/monitors/mine", body: archive).status == 200)
        #expect(Self.copies(folder).count == 2)
        #expect(try await client.send("DELETE", "/v1/monitors/mine").status == 204)
        for event in try DetectorFixture.traffic(400, shiftedFrom: 400) where Self.copies(folder).count > 1 {
            #expect(try await client.post(event).status == 202)  // snapshots are written while events come
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(Self.copies(folder).count == 1)
        #expect(try await Self.monitor("watch", process)["state"]?.string == "running")
        #expect(process.terminate() == 0)
    }
}
