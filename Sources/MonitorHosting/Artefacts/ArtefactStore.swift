import FoundationEssentials
import JSON
package import Methods
import Synchronization

/// The verified copies of monitor folders, `state/artefacts/<sha256>`: what runs is read from here and nowhere else.
///
/// The name of a copy, its key, is the SHA-256 of its manifest, which itself names the SHA-256 of every file. A folder
/// that is changed or half written while it runs therefore disturbs nothing, two monitors of one content share one copy,
/// and a journal that names a key finds the same artefact when it is read again.
package final class ArtefactStore: Sendable {
    private let directory: String
    private let catalog: MethodCatalog
    /// Copies that somebody has adopted and not put to use yet.
    private let fresh = Mutex<[String: Int]>([:])

    /// - Parameter state: The state directory of the service.
    package init(state: String, catalog: MethodCatalog) {
        directory = state + "/artefacts"
        self.catalog = catalog
    }

    /// Verifies a folder, copies it once, and reads the copy, which stays until ``settle(_:)``.
    ///
    /// - Throws: `MethodError` that names the file and the field that is wrong, or that the copy cannot be written.
    /// - Complexity: O(bytes of the folder).
    package func adopt(_ path: String) throws -> (key: String, artefact: Artefact) {
        let original = try Artefact(reading: path, catalog: catalog)
        let key = ContentHash.full(of: original.manifest.json.serialized())
        fresh.withLock { $0[key, default: 0] += 1 }
        do {
            if let verified = try? read(key) { return (key, verified) }
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try original.write(to: copy(key))  // takes the place of a copy that went bad
            return (key, try read(key))
        } catch {
            settle(key)
            throw error
        }
    }

    /// The copy that was adopted is in use now, or will never be.
    package func settle(_ key: String) {
        fresh.withLock { fresh in
            let left = (fresh[key] ?? 1) - 1
            fresh[key] = left > 0 ? left : nil
        }
    }

    /// Reads and verifies a copy.
    ///
    /// - Throws: `MethodError` when it is not there, or is not whole.
    package func read(_ key: String) throws -> Artefact {
        try Artefact(reading: copy(key), catalog: catalog)
    }

    /// Removes all copies but these and fresh ones, and what a crash left half written.
    package func keepOnly(_ keys: Set<String>) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }  // none yet
        for name in names where !keys.contains(name) {
            let key = name.hasSuffix(".partial") ? String(name.dropLast(".partial".count)) : name
            guard fresh.withLock({ $0[key] == nil }) else { continue }
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private func copy(_ key: String) -> String { "\(directory)/\(key)" }
}
