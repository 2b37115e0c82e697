import FoundationEssentials
import JSON
package import Methods

/// The verified copies of monitor folders, `state/artefacts/<sha256>`: what runs is read from here and nowhere else.
///
/// The name of a copy is the SHA-256 of its manifest, which itself names the SHA-256 of every file. A folder that is
/// changed or half written while it runs therefore disturbs nothing, and two monitors of one content share one copy.
package struct ArtefactStore: Sendable {
    private let directory: String
    private let catalog: MethodCatalog

    /// - Parameter state: The state directory of the service.
    package init(state: String, catalog: MethodCatalog) {
        directory = state + "/artefacts"
        self.catalog = catalog
    }

    /// Verifies a folder, copies it once, and reads the copy.
    ///
    /// - Throws: `MethodError` that names the file and the field that is wrong, or that the copy cannot be written.
    /// - Complexity: O(bytes of the folder).
    package func adopt(_ path: String) throws -> Artefact {
        let original = try Artefact(reading: path, catalog: catalog)
        let copy = "\(directory)/\(Self.key(of: original))"
        if FileManager.default.fileExists(atPath: copy), let verified = try? Artefact(reading: copy, catalog: catalog) {
            return verified
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try original.write(to: copy)  // takes the place of a copy that went bad
        return try Artefact(reading: copy, catalog: catalog)
    }

    /// Removes the copies that no monitor uses any more, and what a crash left half written.
    package func keepOnly(_ artefacts: some Sequence<Artefact>) throws {
        let used = Set(artefacts.map(Self.key(of:)))
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }
        for name in names where !used.contains(name) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private static func key(of artefact: Artefact) -> String {
        ContentHash.full(of: artefact.manifest.json.serialized())
    }
}
