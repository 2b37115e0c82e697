import FoundationEssentials
import Journal
import Methods
import Monitoring
import ServiceKit

/// Brings monitors into a host: from the watched folder, from a PUT, and from what earlier PUTs left behind.
///
/// What is slow, reading and verifying, is done here; then a ``MonitorChange`` is journalled and makes it so. A corrupt
/// artefact is refused by file and field, and nothing else is touched by it.
package struct MonitorInstaller: Sendable {
    /// How long a name may be.
    private static let longestName = 128

    private let host: MonitorHost
    private let loader: MonitorLoader
    private let store: ArtefactStore
    private let changes: ChangeLog
    private let directory: String

    /// - Parameter state: The state directory of the service.
    package init(host: MonitorHost, loader: MonitorLoader, store: ArtefactStore, changes: ChangeLog, state: String) {
        self.host = host
        self.loader = loader
        self.store = store
        self.changes = changes
        directory = state + "/monitors"
    }

    /// Loads a folder for a change to come.
    ///
    /// - Parameter mount: The root under which the folder was mounted, where its links may lead to.
    /// - Returns: The key of its artefact; nil when it is refused, which is noted at the host.
    package func prepare(
        _ name: String,
        folder: String,
        within mount: String? = nil,
        origin: HostedMonitor.Origin
    ) async -> String? {
        do {
            try Self.checkName(name)
            return try await adopt(name, folder: folder, within: mount).key
        } catch {
            await host.refuse(name, origin: origin, because: error)
            return nil
        }
    }

    /// Loads what earlier PUTs left in the state directory.
    package func uploads() async -> MonitorChange {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []  // none yet is no fault
        var keys: [String: String?] = [:]
        for name in names.sorted() where !name.hasPrefix(".") && !name.hasSuffix(".partial") {
            keys.updateValue(
                await prepare(name, folder: "\(directory)/\(name)", origin: .uploaded),
                forKey: name
            )
        }
        return .roster(.uploaded, keys)
    }

    /// Takes in the archive of a monitor's folder: verifies it whole, puts it in the place of the one before, runs it.
    ///
    /// - Throws: ``ServiceError`` 400 for an archive or an artefact that is refused, 409 for a name of the folder;
    ///   `JournalError` when the journal takes no change.
    package func upload(_ name: String, archive: [UInt8]) async throws {
        try Self.checkName(name)
        try await host.requireOwner(.uploaded, of: name)
        let staging = "\(directory)/.\(name).\(UInt64.random(in: 0...UInt64.max)).partial"
        defer { try? FileManager.default.removeItem(atPath: staging) }  // whatever becomes of it, its copy counts
        let adopted: ArtefactStore.Adopted
        do {
            let files = try TarArchive(parsing: archive).files
            try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
            for (file, bytes) in files {
                guard !file.hasPrefix("."), !file.contains("/") else {
                    throw TarError("\(file) is no name of a monitor's file")
                }
                try Data(bytes).write(to: URL(filePath: "\(staging)/\(file)"))
            }
            adopted = try await adopt(name, folder: staging)
            try adopted.artefact.write(to: "\(directory)/\(name)")
        } catch {
            let text = RefusalText(error)
            throw ServiceError(.badRequest, text.message, remedy: text.remedy, cause: error)
        }
        try await changes.make(.put(name, key: adopted.key))
        try await host.requireOwner(.uploaded, of: name)  // the folder may have taken the name meanwhile
        await host.tidy()
    }

    /// Takes an uploaded monitor out, for good.
    ///
    /// - Throws: ``ServiceError`` 404 or 409; `JournalError` when the journal takes no change.
    package func delete(_ name: String) async throws {
        try await host.requireKnown(name)
        try await host.requireOwner(.uploaded, of: name)
        try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")  // it may never have been complete
        try await changes.make(.remove(name))
        await host.forgetRefusal(name)
    }

    /// Lets a monitor begin anew.
    ///
    /// - Throws: ``ServiceError`` 404; `JournalError` when the journal takes no change.
    package func reset(_ name: String) async throws {
        _ = try await host.monitor(name)
        try await changes.make(.reset(name))
    }

    private func adopt(
        _ name: String,
        folder: String,
        within mount: String? = nil
    ) async throws -> ArtefactStore.Adopted {
        let adopted = try store.adopt(folder, within: mount)
        if let damage = adopted.replaced { await host.noteReplacedCopy(of: name, key: adopted.key, because: damage) }
        do {
            let loader = loader
            let monitor = try await OwnThread.run { try loader.monitor(named: name, from: adopted.artefact) }
            await host.prepare(monitor, key: adopted.key)
        } catch {
            store.settle(adopted.key)
            throw error
        }
        return adopted
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
