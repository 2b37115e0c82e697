import FoundationEssentials
package import OpenInference
import PayloadPaths
package import Prediction
import ServiceKit

/// Finds the model that a monitor or an explainer asks, and the description of its columns, through `models.toml`.
///
/// Read once at start. Models are loaded when somebody needs them, since most monitors need none.
package struct ModelLookup: Sendable {
    private let map: ModelMap
    /// The folder that relative paths start from.
    private let base: String
    private let runtimes: ModelRuntimes

    /// A lookup that knows no model.
    package static let empty = ModelLookup(map: ModelMap(models: [:]), base: ".", runtimes: ModelRuntimes([]))

    private init(map: ModelMap, base: String, runtimes: ModelRuntimes) {
        self.map = map
        self.base = base
        self.runtimes = runtimes
    }

    /// Reads a `models.toml`.
    ///
    /// - Parameter runtimes: What this process can run or ask.
    /// - Throws: ``SettingsError`` naming the file, the model and the key.
    package init(file: String, runtimes: ModelRuntimes) throws {
        self.runtimes = runtimes
        let text = try SettingFile.text(
            of: file,
            key: DetectorSettings.models.name,
            remedy: "Give the path of a models.toml, or leave models.file out where nothing asks a model"
        )
        do { map = try ModelMap(parsing: text, file: file) } catch {
            let told = RefusalText(error)
            throw SettingsError(.file, key: DetectorSettings.models.name, told.message, remedy: told.remedy)
        }
        base = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// The names of the models, sorted.
    package var names: [String] { map.models.keys.sorted() }

    /// The names of the models that are in folders, sorted: no model behind a URL gives gradients.
    package var namesOfFolders: [String] {
        names.filter { name in
            if case .path? = map.models[name]?.location { true } else { false }
        }
    }

    /// Where the tensors are in the bodies of models that follow no dialect.
    ///
    /// - Throws: `PredictionError` for a path that cannot be read.
    package func payloadMappings() throws -> PayloadMappings { try PayloadMappings(map) }

    /// Opens a model, by the kind of its folder or by its URL.
    ///
    /// - Parameter version: The version folder, or the version that the server is asked for; nil takes the newest.
    /// - Throws: `.notFound` when `models.toml` does not name it; `.unsupportedKind` for what does not run here; what
    ///   the model's runtime throws.
    package func open(_ name: String, version: String? = nil) throws -> any Predictor {
        let entry = try map.entry(for: name)
        switch entry.location {
        case .path(let path):
            return try runtimes.open(folder: resolved(path), version: version)
        case .url(let url):
            let schema = try entry.schema.map { try read(resolved($0)) }
            var entry = entry
            entry.tokenFile = entry.tokenFile.map(resolved)
            return try runtimes.open(name, version: version, url: url, entry: entry, schema: schema)
        }
    }

    /// Returns the description of a model's columns, nil where `models.toml` does not name the model or nothing
    /// describes it.
    ///
    /// - Throws: `PredictionError` when there is a description and it cannot be read.
    package func schema(of name: String) throws -> ModelSchema? {
        guard let entry = map.models[name] else { return nil }
        if let file = entry.schema { return try read(resolved(file)) }
        guard case .path(let path) = entry.location else { return nil }
        let folder = try ModelFolder(resolved(path))
        if let schema = try folder.optionalSchema() { return schema }
        guard runtimes.kinds.contains(folder.header.kind) else { return nil }
        let model = try runtimes.open(folder).model
        return ModelSchema(inputs: model.inputs, outputs: model.outputs)
    }

    private func read(_ file: String) throws -> ModelSchema {
        try ModelSchema(parsing: String(contentsOfFile: file, encoding: .utf8), file: file)
    }

    private func resolved(_ path: String) -> String {
        path.hasPrefix("/") || base.isEmpty ? path : "\(base)/\(path)"
    }
}
