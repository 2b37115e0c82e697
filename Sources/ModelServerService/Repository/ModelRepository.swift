import FoundationEssentials
package import JSON
package import Prediction
import ServiceKit
import Synchronization

/// The models of a folder, `<model>/<version>/{model.toml, schema.toml, weights…}`, loaded and ready.
///
/// Looking a model up takes one short lock; loading and unloading swap one model's versions at once, requests under
/// way keep the version that they began with.
package final class ModelRepository: Sendable {
    /// The folder.
    package let directory: String
    private let runtimes: ModelRuntimes
    private let models = Mutex<[String: [ServedModel]]>([:])

    /// Loads every model of the folder.
    ///
    /// - Parameter runtimes: What runs them, by the kind of each.
    /// - Throws: ``StartError`` when the folder is not there or holds no model, and the first model's own error.
    package init(directory: String, runtimes: ModelRuntimes) throws {
        self.directory = directory
        self.runtimes = runtimes
        let names = Self.folders(in: directory)
        guard let names else {
            throw StartError(
                .configuration,
                code: "no_models_directory",
                "models.directory \(directory) cannot be read",
                remedy: "Give the folder that holds <model>/<version>/model.toml; vedette train writes one"
            )
        }
        var loaded: [String: [ServedModel]] = [:]
        for name in names where !versionFolders(of: name).isEmpty { loaded[name] = try read(name) }
        guard !loaded.isEmpty else {
            throw StartError(
                .configuration,
                code: "no_models",
                "models.directory \(directory) holds no <model>/<version>/model.toml",
                remedy: "Train one: vedette train --dataset digits --output \(directory)/digits/1"
            )
        }
        let all = loaded
        models.withLock { $0 = all }
    }

    /// The names of the models that are ready, sorted.
    package var names: [String] { models.withLock { $0.keys.sorted() } }

    /// A version of a model; the newest when none is named.
    ///
    /// - Throws: 404 that lists what is known.
    package func model(_ name: String, version: String? = nil) throws -> ServedModel {
        let versions = models.withLock { $0[name] } ?? []
        guard let model = version == nil ? versions.last : versions.first(where: { $0.version == version }) else {
            throw InferenceFailure.unknown(name, version: version, known: names)
        }
        return model
    }

    /// The versions of a model, oldest first.
    package func versions(of name: String) -> [String] { (models.withLock { $0[name] } ?? []).map(\.version) }

    /// Reads a model's folder again and serves what it holds now.
    package func load(_ name: String) throws {
        guard Self.folders(in: directory)?.contains(name) == true, !versionFolders(of: name).isEmpty else {
            throw InferenceFailure.unknown(name, version: nil, known: names)
        }
        let versions = try read(name)
        models.withLock { $0[name] = versions }
    }

    /// Serves a model no longer; its files stay.
    package func unload(_ name: String) throws {
        guard models.withLock({ $0.removeValue(forKey: name) }) != nil else {
            throw InferenceFailure.unknown(name, version: nil, known: names)
        }
    }

    /// The answer to `POST /v2/repository/index`: every model of the folder and whether it is served.
    package func index(readyOnly: Bool) -> JSONValue {
        let ready = models.withLock { $0 }
        var entries: [JSONValue] = []
        for name in (Self.folders(in: directory) ?? []).sorted() {
            for version in versionFolders(of: name) {
                let isReady = ready[name]?.contains { $0.version == version } ?? false
                if readyOnly, !isReady { continue }
                entries.append([
                    "name": .string(name), "version": .string(version),
                    "state": .string(isReady ? "READY" : "UNAVAILABLE"), "reason": .string(isReady ? "" : "unloaded"),
                ])
            }
        }
        return .array(entries)
    }

    private func read(_ name: String) throws -> [ServedModel] {
        try versionFolders(of: name).map { version in
            do {
                let folder = try ModelFolder("\(directory)/\(name)/\(version)")
                let runtime = try runtimes.runtime(of: folder)
                let model = try runtime.open(folder)
                return ServedModel(name: name, version: version, platform: runtime.platform, predictor: model)
            } catch let error as PredictionError {
                throw StartError(.configuration, code: error.code.name, error.message, remedy: error.remedy)
            }
        }
    }

    /// The version folders of a model, by number where they are numbers.
    private func versionFolders(of name: String) -> [String] {
        (Self.folders(in: "\(directory)/\(name)") ?? [])
            .filter { FileManager.default.fileExists(atPath: "\(directory)/\(name)/\($0)/model.toml") }
            .sorted { left, right in
                switch (UInt64(left), UInt64(right)) {
                case (let left?, let right?): left < right
                case (nil, _?): true
                case (_?, nil): false
                case (nil, nil): left < right
                }
            }
    }

    /// The entries of a folder that are no hidden files; nil when it cannot be read.
    private static func folders(in path: String) -> [String]? {
        (try? FileManager.default.contentsOfDirectory(atPath: path))?.filter { !$0.hasPrefix(".") }
    }
}
