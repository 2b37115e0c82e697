/// What a process can run: a runtime for each kind of model folder, and whoever asks models behind URLs.
///
/// Each service composes its own list, so that it links only what it runs.
public struct ModelRuntimes: Sendable {
    private let runtimes: [any ModelRuntime]
    private let servers: (any ModelServerRuntime)?

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - runtimes: For each kind one.
    ///   - servers: Asks models behind a URL; nil where the process asks none.
    public init(_ runtimes: [any ModelRuntime], servers: (any ModelServerRuntime)? = nil) {
        self.runtimes = runtimes
        self.servers = servers
    }

    /// The kinds that there are, in the order of the list.
    public var kinds: [String] { runtimes.map(\.kind) }

    /// The runtime that a folder asks for.
    ///
    /// - Throws: `.unsupportedKind` that lists the kinds.
    public func runtime(of folder: ModelFolder) throws(PredictionError) -> any ModelRuntime {
        guard let runtime = runtimes.first(where: { $0.kind == folder.header.kind }) else {
            throw PredictionError(
                .unsupportedKind,
                "\(folder.path)/\(ModelFolder.modelFileName): the kind is \(folder.header.kind)",
                remedy: "Use one of the kinds that run here: \(kinds.joined(separator: ", "))"
            )
        }
        return runtime
    }

    /// Opens the model of a folder by its kind.
    public func open(_ folder: ModelFolder) throws -> any Predictor {
        try runtime(of: folder).open(folder)
    }

    /// Opens the model of a version folder, or the newest version of a model folder.
    ///
    /// - Parameter version: The name of a version folder within `folder`; nil takes the largest number.
    public func open(folder: String, version: String? = nil) throws -> any Predictor {
        try open(ModelFolder(folder, version: version))
    }

    /// Makes a predictor that asks the server of an entry of `models.toml`.
    ///
    /// - Throws: `.unsupportedKind` where the process asks no servers; what ``ModelServerRuntime`` throws.
    public func open(
        _ name: String,
        version: String? = nil,
        url: String,
        entry: ModelMap.Entry,
        schema: ModelSchema? = nil
    ) throws -> any Predictor {
        guard let servers else {
            throw PredictionError(
                .unsupportedKind,
                "the model \(name) is behind a URL, and this process asks no model servers",
                remedy: "Give the path of its folder"
            )
        }
        return try servers.open(name, version: version, url: url, entry: entry, schema: schema)
    }
}
