import Logging
import NIOCore
import Prediction
import ServiceKit
import Synchronization

extension ModelRepository {
    // MARK: Start

    /// Looks at the folder for the first time, and where loading is eager waits until everything is loaded.
    ///
    /// - Throws: ``StartError`` when the folder is not there, or when of its models not one can be served.
    package func start() async throws {
        guard let listing = folder.listing() else {
            throw StartError(
                .configuration,
                code: "no_models_directory",
                "models.directory \(folder.path) cannot be read",
                remedy: "Give the folder that holds <model>/<version>/model.toml; vedette train writes one"
            )
        }
        state.withLock { $0.listing = SettledListing(first: listing) }
        for (name, model) in listing.models { take(name, model, before: nil) }
        try await waitUntilIdle()
        let (index, memory) = state.withLock { state in
            state.isStarted = true
            return (state.shelf.index, state.shelf.memory)
        }
        if let broken = index.first(where: { $0.state == .unavailable }), index.allSatisfy({ $0.state == .unavailable })
        {
            throw StartError(
                .configuration,
                code: "no_model_can_be_served",
                "\(broken.key.name) version \(broken.key.version): \(broken.reason)",
                remedy: "Repair or remove it; one model that can be served is enough to start"
            )
        }
        let facts: Logger.Metadata = [
            "model.count": "\(listing.models.count)", "model.versions": "\(index.count)",
            "model.versions.loaded": "\(memory.versions)",
        ]
        logger.log(level: index.isEmpty ? .warning : .notice, "models found", metadata: facts)
    }

    private func waitUntilIdle() async throws {
        let promise = eventLoopGroup.any().makePromise(of: Void.self)
        let isIdle = state.withLock { state in
            if state.shelf.isLoading { state.idle.append(promise) }
            return !state.shelf.isLoading
        }
        if isIdle { promise.succeed() }
        try await promise.futureResult.get()
    }

    // MARK: Looking

    /// Looks at the folder, and takes in what two looks found alike.
    ///
    /// It blocks: for a thread that may.
    ///
    /// - Returns: Whether something is changing just now, so that it is worth looking again soon.
    package func look() -> Bool {
        guard let found = folder.listing() else { return false }  // a folder that is away is no reason to forget models
        let (changes, isChanging) = state.withLock { state in
            let before = state.listing?.settled.models ?? [:]
            let names = state.listing?.look(found) ?? []
            let now = state.listing?.settled.models ?? [:]
            return (names.sorted().map { ($0, now[$0], before[$0]) }, state.listing?.isChanging ?? false)
        }
        for (name, now, before) in changes { take(name, now, before: before) }
        return isChanging
    }

    /// Takes in what a model's folder holds; settings that cannot be read leave those before in force.
    private func take(_ name: String, _ model: RepositoryListing.Model?, before: RepositoryListing.Model?) {
        var fault: PredictionError?
        var serving: ServingSettings?
        if let model, model.settings != before?.settings || before == nil {
            do throws(PredictionError) {
                serving = model.settings == nil ? ServingSettings() : try folder.settings(of: name)
            } catch {
                fault = error
            }
        }
        let actions = state.withLock { state in
            // Settings first: they say which version requests get as soon as it is there.
            state.shelf.observe(name, model, by: serving)
            if let serving { state.traffic(of: name).serve(by: serving) }
            return state.shelf.takeActions()
        }
        if let fault {
            metrics.settingsRefused(name)
            logger.error(
                "how a model is to be served cannot be read",
                metadata: [
                    "model.name": "\(name)", "error.message": "\(fault.message)", "error.remedy": "\(fault.remedy)",
                ]
            )
        }
        perform(actions)
    }

    // MARK: The repository API

    /// Reads a model's folder again and serves what it holds now; waits until that is loaded.
    ///
    /// - Throws: 404 where there is none; 422 where the version for plain requests cannot be loaded, which leaves the one
    ///   before serving; 503 when it takes too long.
    package func load(_ name: String) async throws {
        let model = folder.model(name)
        let before = state.withLock { state in
            defer { state.listing?.accept(model, named: name) }
            return state.listing?.settled.models[name]
        }
        take(name, model, before: before)
        let eventLoop = eventLoopGroup.any()
        let deadline = NIODeadline.now() + TimeAmount(policy.loadTimeout)
        let (waits, actions) = state.withLock { state in
            let keys = state.shelf.load(name)
            return (keys.map { ($0, state.wait(for: $0, on: eventLoop), state.waiters) }, state.shelf.takeActions())
        }
        guard model != nil else { throw InferenceFailure.unknown(name, version: nil, known: names) }
        perform(actions)
        for (key, future, id) in waits {
            eventLoop.scheduleTask(deadline: deadline) { self.giveUp(id, on: key) }
            guard try await future.get() else { throw InferenceFailure.loading(key) }
        }
        if let (key, reason) = state.withLock({ $0.shelf.faultOfFirstChoice(name) }) {
            throw ServiceError(
                .unprocessable,
                "\(key.name) version \(key.version) cannot be loaded: \(reason)",
                remedy: "Repair its folder; what answered before goes on"
            )
        }
    }

    /// Serves a model no longer; its files stay.
    package func unload(_ name: String) throws {
        let (isDone, actions) = state.withLock { ($0.shelf.unload(name), $0.shelf.takeActions()) }
        guard isDone else { throw InferenceFailure.unknown(name, version: nil, known: names) }
        perform(actions)
    }
}
