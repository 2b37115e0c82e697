import JSON
package import ServiceKit

/// What the protocols offer beside inference, the same for HTTP and gRPC: facts, the repository, settings.
package struct Administration: Sendable {
    private let repository: ModelRepository
    private let upload: ModelUpload
    private let tracing: InferenceTracing
    private let logThreshold: LogThreshold
    /// The most bytes of a request.
    let messageLimit: Int

    package init(
        repository: ModelRepository,
        tracing: InferenceTracing,
        logThreshold: LogThreshold,
        messageLimit: Int
    ) {
        self.repository = repository
        self.tracing = tracing
        self.logThreshold = logThreshold
        self.messageLimit = messageLimit
        upload = ModelUpload(directory: repository.folder.path)
    }

    // MARK: Facts

    func isReady(_ name: String, version: String?) -> Bool { repository.isServed(name, version: version) }

    /// - Throws: 404 for a model or a version that is not there, 503 for one that cannot be loaded.
    func metadata(_ name: String, version: String?) async throws -> ModelMetadata {
        let model = try await repository.model(name, version: version)
        return model.metadata(versions: repository.versions(of: model.name))
    }

    func configuration(_ name: String, version: String?) async throws -> ModelConfiguration {
        ModelConfiguration(try await metadata(name, version: version), messageLimit: messageLimit)
    }

    /// Of one version, of all versions of a model, or of everything, as far as it is in memory.
    ///
    /// - Throws: 404 for a model or a version that is not there.
    func statistics(_ name: String?, version: String?) throws -> StatisticsReport {
        let names = name.map { [$0] } ?? repository.names
        return StatisticsReport(
            try names.flatMap { name in
                let known = repository.versions(of: name)
                guard version.map(known.contains) ?? !known.isEmpty else {
                    throw InferenceFailure.unknown(name, version: version, known: repository.names)
                }
                return repository.inMemory(name).filter { version == nil || $0.version == version }
            }
        )
    }

    // MARK: The repository

    /// What is said of each version that the folder holds.
    func index(readyOnly: Bool) -> [(name: String, version: String, state: String, reason: String)] {
        repository.index.filter { !readyOnly || $0.state == .ready }.map { entry in
            (entry.key.name, entry.key.version, entry.state.rawValue, entry.reason)
        }
    }

    /// Reads a model's folder again, after writing into it what the client brought.
    func load(_ name: String, parameters: LoadParameters) async throws {
        try upload.store(parameters, model: name)
        do {
            try await repository.load(name)
        } catch {
            upload.remove(parameters, model: name)  // what is no model is not kept
            throw error
        }
        guard let expected = parameters.configuration else { return }
        try ModelConfiguration(try await metadata(name, version: nil), messageLimit: messageLimit).check(expected)
    }

    func unload(_ name: String) async throws { try repository.unload(name) }

    // MARK: Settings

    /// Changes trace settings, of one model or of all, and says what they are then.
    func trace(
        _ model: String?,
        changes: [(name: String, values: [String]?)]
    ) throws -> InferenceTracing.Settings {
        if let model, !repository.names.contains(model) {
            throw InferenceFailure.unknown(model, version: nil, known: repository.names)
        }
        try tracing.change(changes, of: model)
        return tracing.settings(of: model)
    }

    /// Changes log settings, and says what they are then.
    func log(changes: [(name: String, value: JSONValue)]) throws -> JSONObject {
        let settings = LogSettings(logThreshold)
        try settings.change(changes)
        return settings.values
    }

    /// Shared memory would tie the server to clients on its own machine, and to trust in them.
    static let noSharedMemory = ServiceError(
        .notImplemented,
        "shared memory is not offered; send tensors in the message, as raw contents or binary data",
        remedy: "Leave shared_memory_region out, and set_data_from_numpy in place of set_shared_memory"
    )
}
