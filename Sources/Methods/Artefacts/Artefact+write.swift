import FoundationEssentials
import JSON

extension Artefact {
    /// Writes the folder: complete beside its place first, then moved there.
    ///
    /// What stands at `path` is replaced if it is a monitor's folder or empty.
    ///
    /// - Parameter readOnly: Whether the files may not be written to afterwards.
    /// - Throws: `.fileSystem` when it cannot be written, or when something else stands there.
    package func write(to path: String, readOnly: Bool = false) throws(MethodError) {
        let manager = FileManager.default
        try requireReplaceable(path, manager)
        let partial = path + ".partial"
        do {
            if manager.fileExists(atPath: partial) { try manager.removeItem(atPath: partial) }
            try manager.createDirectory(atPath: partial, withIntermediateDirectories: true)
            var contents = files.mapValues { file in file.withBytes { Data($0) } }
            contents["manifest.json"] = Data(manifest.json.serialized())
            for (name, bytes) in contents {
                let file = "\(partial)/\(name)"
                try bytes.write(to: URL(filePath: file))
                if readOnly { try manager.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file) }
            }
            if manager.fileExists(atPath: path) { try manager.removeItem(atPath: path) }
            try manager.moveItem(atPath: partial, toPath: path)
        } catch {
            throw MethodError(
                .fileSystem,
                "the folder \(path) cannot be written: \(error)",
                remedy: "Choose another --output, or make room there",
                cause: error
            )
        }
    }

    private func requireReplaceable(_ path: String, _ manager: FileManager) throws(MethodError) {
        guard manager.fileExists(atPath: path) else { return }
        let names = try? manager.contentsOfDirectory(atPath: path)
        guard let names, names.isEmpty || names.contains("manifest.json") else {
            throw MethodError(
                .fileSystem,
                "\(path) exists and is not a monitor's folder",
                remedy: "Choose another --output; nothing that vedette did not write is overwritten"
            )
        }
    }
}
