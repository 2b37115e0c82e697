import FoundationEssentials
import JSON
package import Methods
import Synchronization

/// The verified copies of monitor folders, `state/artefacts/<sha256>`: what runs is read from here and nowhere else.
///
/// The name of a copy, its key, is the SHA-256 of its manifest, which itself names the SHA-256 of every file. A folder
/// that is changed or half written while it runs therefore disturbs nothing, two monitors of one content share one copy,
/// and a journal that names a key finds the same artefact when it is read again.
///
/// Larger files of a copy are mapped, so an idle monitor's arrays and weights are on the disk and not in memory. That is
/// safe because a copy is never written to: it is complete before it has its name, its files are read-only, and one that
/// went bad is replaced by another folder, while who has mapped the old one keeps it.
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

    /// A copy that is ready to be loaded.
    package struct Adopted: Sendable {
        /// Its name in the store.
        package let key: String
        /// What it holds, verified.
        package let artefact: Artefact
        /// What was wrong with an older copy of the same content, which this one replaced.
        package let replaced: (any Error)?
    }

    /// Verifies a folder, copies it once, and reads the copy, which stays until ``settle(_:)``.
    ///
    /// - Parameter mount: The root under which the folder was mounted, where its links may lead to; the folder itself when
    ///   it is left out.
    /// - Throws: `MethodError` that names the file and the field that is wrong, or that the copy cannot be written.
    /// - Complexity: O(bytes of the folder).
    package func adopt(_ path: String, within mount: String? = nil) throws -> Adopted {
        let original = try Artefact(reading: path, within: mount, catalog: catalog)
        let key = ContentHash.full(of: original.manifest.json.serialized())
        fresh.withLock { $0[key, default: 0] += 1 }
        do {
            var damage: (any Error)?
            if FileManager.default.fileExists(atPath: copy(key)) {
                do { return Adopted(key: key, artefact: try read(key), replaced: nil) } catch { damage = error }
            }
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try original.write(to: copy(key), readOnly: true)  // takes the place of a copy that went bad
            return Adopted(key: key, artefact: try read(key), replaced: damage)
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

    /// Maps and verifies a copy.
    ///
    /// - Throws: `MethodError` when it is not there, is a link out of the store, is not whole, or is not what its name
    ///   says.
    package func read(_ key: String) throws -> Artefact {
        let artefact = try Artefact(reading: copy(key), within: directory, maps: true, catalog: catalog)
        guard ContentHash.full(of: artefact.manifest.json.serialized()) == key else {
            throw MethodError.artefact("manifest.json", "it is not the one that gave the copy \(key) its name")
        }
        return artefact
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
