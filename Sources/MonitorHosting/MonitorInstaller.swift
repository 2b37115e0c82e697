import FoundationEssentials
import Methods
import Monitoring
import ServiceKit

/// Brings monitors into a host: from the watched folder, from a PUT, and from what earlier PUTs left behind.
///
/// A corrupt artefact is refused by file and field, and nothing else is touched by it.
package struct MonitorInstaller: Sendable {
    /// How long a name may be.
    private static let longestName = 128

    private let host: MonitorHost
    private let loader: MonitorLoader
    private let store: ArtefactStore
    private let directory: String

    /// - Parameter state: The state directory of the service.
    package init(host: MonitorHost, loader: MonitorLoader, state: String) {
        self.host = host
        self.loader = loader
        store = ArtefactStore(state: state, catalog: loader.catalog)
        directory = state + "/monitors"
    }

    /// Loads a folder and lets it run; a refusal is noted at the host.
    package func install(_ name: String, folder: String, origin: HostedMonitor.Origin) async {
        do {
            try Self.checkName(name)
            let artefact = try store.adopt(folder)
            try await host.install(try loader.monitor(named: name, from: artefact), from: artefact, origin: origin)
        } catch {
            await host.refuse(name, origin: origin, because: error)
        }
    }

    /// Loads what earlier PUTs left in the state directory.
    package func installUploads() async {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []  // none yet is no fault
        for name in names.sorted() where !name.hasSuffix(".partial") {
            await install(name, folder: "\(directory)/\(name)", origin: .uploaded)
        }
    }

    /// Takes in the archive of a monitor's folder: verifies it whole, puts it in the place of the one before, runs it.
    ///
    /// - Throws: ``ServiceError`` 400 for an archive or an artefact that is refused, 409 for a name of the folder.
    package func upload(_ name: String, archive: [UInt8]) async throws {
        try Self.checkName(name)
        if await host.names(ownedBy: .folder).contains(name) {
            throw ServiceError(
                .conflict,
                "the watched folder owns the monitor \(name)",
                remedy: "Change it there, or choose another name"
            )
        }
        let staging = "\(directory)/.\(name).\(UInt64.random(in: 0...UInt64.max)).partial"
        defer { try? FileManager.default.removeItem(atPath: staging) }  // gone already when all went well
        do {
            let files = try TarArchive(parsing: archive).files
            try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
            for (file, bytes) in files {
                guard !file.hasPrefix("."), !file.contains("/") else {
                    throw TarError("\(file) is no name of a monitor's file")
                }
                try Data(bytes).write(to: URL(filePath: "\(staging)/\(file)"))
            }
            let artefact = try store.adopt(staging)
            let monitor = try loader.monitor(named: name, from: artefact)
            try artefact.write(to: "\(directory)/\(name)")
            try await host.install(monitor, from: artefact, origin: .uploaded)
        } catch let error as ServiceError {
            throw error
        } catch {
            let text = RefusalText(error)
            throw ServiceError(.badRequest, text.message, remedy: text.remedy, cause: error)
        }
    }

    /// Takes an uploaded monitor out, for good.
    ///
    /// - Throws: ``ServiceError`` 404 or 409.
    package func delete(_ name: String) async throws {
        try await host.remove(name, origin: .uploaded)
        try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")  // it may never have been complete
    }

    /// Removes copies of artefacts that nobody uses any more.
    package func tidy() async {
        try? store.keepOnly(await host.artefacts)  // what cannot be removed now is tried again
    }

    /// A name is a folder's, a path segment and part of a URI: letters, digits, `-`, `_` and `.`, no dot in front.
    private static func checkName(_ name: String) throws {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= longestName else {
            throw ServiceError(
                .badRequest,
                "\(name) cannot be the name of a monitor",
                remedy: "Use up to \(longestName) letters, digits, -, _ and ., with no dot in front"
            )
        }
    }
}
