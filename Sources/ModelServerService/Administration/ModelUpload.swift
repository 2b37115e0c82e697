import FoundationEssentials
import Glibc
import ServiceKit

/// Writes the files of a model that a client brings into the folder of models, a version at a time.
///
/// A version comes to be by one rename, so nobody reads it half written. What is written are data, checked when they are
/// read as models like any other.
struct ModelUpload: Sendable {
    /// The folder of models.
    let directory: String

    /// Stores the files of a load; nothing without files.
    ///
    /// - Throws: 400 for names that lead elsewhere, 409 for a version that is there already or a folder that cannot be
    ///   written.
    func store(_ parameters: LoadParameters, model: String) throws {
        if let name = parameters.unreadable.first {
            throw InferenceFailure.badInput(
                "\(name.prefix(128)) names no file of a version",
                remedy: "Name each file:<version>/<file>, in letters, digits, -, _ and ."
            )
        }
        guard !parameters.files.isEmpty else { return }
        guard LoadParameters.isPlain(model) else {
            throw InferenceFailure.badInput(
                "\"\(model.prefix(128))\" cannot be the name of a folder",
                remedy: "Name the model in letters, digits, -, _ and ."
            )
        }
        for (version, files) in Dictionary(grouping: parameters.files, by: \.version).sorted(by: { $0.key < $1.key }) {
            try store(files, model: model, version: version)
        }
    }

    private func store(_ files: [LoadParameters.File], model: String, version: String) throws {
        let folder = "\(directory)/\(model)/\(version)"
        // The repository passes over names with this ending.
        let partial = "\(folder).partial"
        let manager = FileManager.default
        guard !manager.fileExists(atPath: folder) else {
            throw ServiceError(
                .conflict,
                "\(model) version \(version) is there already",
                remedy: "Bring it as another version; a version stays what it was"
            )
        }
        do {
            try? manager.removeItem(atPath: partial)
            try manager.createDirectory(atPath: partial, withIntermediateDirectories: true)
            for file in files { try Data(file.bytes).write(to: URL(filePath: "\(partial)/\(file.name)")) }
            try manager.moveItem(atPath: partial, toPath: folder)
        } catch {
            try? manager.removeItem(atPath: partial)
            throw ServiceError(
                .conflict,
                "\(model) version \(version) cannot be written into the folder of models",
                remedy: "Make models.directory writable for the server, or put the files there yourself",
                cause: error
            )
        }
    }

    /// Takes back what ``store(_:model:)`` wrote.
    func remove(_ parameters: LoadParameters, model: String) {
        for version in Set(parameters.files.map(\.version)) {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(model)/\(version)")
        }
        // Only where nothing else is in it.
        rmdir("\(directory)/\(model)")
    }
}
