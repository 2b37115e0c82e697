import Journal
import Logging
import NIOCore
import Prediction
import ServiceKit
import Synchronization

extension ModelRepository {
    /// Does what the shelf decided.
    func perform(_ actions: [ModelShelf<ServedModel>.Action]) {
        for action in actions {
            switch action {
            case .load(let key, let signature):
                beginLoad(key, signature)
            case .settled(let key):
                let promises = state.withLock { $0.waiting.removeValue(forKey: key) } ?? [:]
                for promise in promises.values { promise.succeed(true) }
            case .evicted(let key, let bytes):
                freedBytes.add(bytes, ordering: .relaxed)
                metrics.evicted(key.name)
                log(.debug, "model version let go to make room", key)
            case .removed(let key):
                freedBytes.add(1, ordering: .relaxed)
                log(.notice, "model version served no longer", key)
            }
        }
    }

    /// Gives memory back to the system that models left behind; a few milliseconds where there is some.
    func giveBackMemory() {
        if freedBytes.exchange(0, ordering: .relaxed) > 0 { FreedMemory.giveBack() }
    }

    /// So much is left behind before it is given back without waiting for the next look at the folder.
    private static let mostFreedBytes = 32 << 20

    private func beginLoad(_ key: ModelKey, _ signature: UInt64) {
        let timer = eventLoopGroup.any().scheduleTask(in: loadTimeout) { [weak self] () -> Void in
            self?.giveUpLoad(key, signature)
        }
        do {
            try OwnThread.start { self.load(key, signature, timer) }
        } catch {
            timer.cancel()
            finish(key, signature, .failure(LoadFailure(reason: "\(error)")), took: .zero)
        }
    }

    /// Opens a version and lets it answer once, on a thread of its own.
    private func load(_ key: ModelKey, _ signature: UInt64, _ timer: Scheduled<Void>) {
        let began = ContinuousClock.now
        let (traffic, serving) = state.withLock { state in
            (state.traffic(of: key.name), state.shelf.serving(key.name) ?? ServingSettings())
        }
        let outcome: Result<ServedModel, LoadFailure>
        do {
            let files = try ModelFolder(folder.folder(of: key))
            let runtime = try runtimes.runtime(of: files)
            let model = ServedModel(
                name: key.name,
                version: key.version,
                platform: runtime.platform,
                predictor: try runtime.open(files),
                traffic: traffic
            )
            try WarmUp(serving, folder: folder, key: key).run(model) { problem in
                log(.warning, "model version does not answer a row of zeros", key, ["error.message": "\(problem)"])
            }
            outcome = .success(model)
        } catch {
            outcome = .failure(LoadFailure(error))
        }
        timer.cancel()  // before the next load of this version can begin
        finish(key, signature, outcome, took: began.duration(to: .now))
    }

    private func finish(
        _ key: ModelKey,
        _ signature: UInt64,
        _ outcome: Result<ServedModel, LoadFailure>,
        took: Duration
    ) {
        let (actions, idle, isStarted) = state.withLock { state in
            state.shelf.loaded(key, signature: signature, outcome, now: .now)
            var idle: [EventLoopPromise<Void>] = []
            if !state.shelf.isLoading { swap(&idle, &state.idle) }
            return (state.shelf.takeActions(), idle, state.isStarted)
        }
        let seconds = took / .seconds(1)
        switch outcome {
        case .success:
            metrics.loaded(key.name, .ready, seconds: seconds)
            let isNews = isStarted && policy.limits.isEager
            log(isNews ? .notice : .debug, "model version ready", key, ["duration.seconds": "\(seconds)"])
        case .failure(let failure):
            metrics.loaded(key.name, .refused, seconds: seconds)
            log(.error, "model version cannot be loaded", key, ["error.message": "\(failure.reason)"])
        }
        perform(actions)
        for promise in idle { promise.succeed() }
        if freedBytes.load(ordering: .relaxed) >= Self.mostFreedBytes { giveBackMemory() }
    }

    private func giveUpLoad(_ key: ModelKey, _ signature: UInt64) {
        let (isOverdue, actions) = state.withLock { state in
            let reason = "loading takes longer than models.load.timeout, \(policy.loadTimeout.settingText)"
            let isOverdue = state.shelf.giveUp(key, signature: signature, reason: reason, now: .now)
            return (isOverdue, state.shelf.takeActions())
        }
        guard isOverdue else { return }
        metrics.loaded(key.name, .overdue, seconds: policy.loadTimeout / .seconds(1))
        log(.error, "model version takes too long to load", key)
        perform(actions)
    }

    func log(_ level: Logger.Level, _ message: Logger.Message, _ key: ModelKey, _ more: Logger.Metadata = [:]) {
        let facts: Logger.Metadata = ["model.name": "\(key.name)", "model.version": "\(key.version)"]
        logger.log(level: level, message, metadata: facts.merging(more) { $1 })
    }
}

extension ModelRepository.State {
    /// What requests of a model have in common.
    mutating func traffic(of name: String) -> ModelTraffic {
        if let known = traffic[name] { return known }
        let new = ModelTraffic(shelf.serving(name) ?? ServingSettings())
        traffic[name] = new
        return new
    }
}

extension LoadFailure {
    /// Any error of whoever opens models.
    init(_ error: any Error) {
        switch error {
        case let error as PredictionError: self.init(reason: "\(error.message). \(error.remedy)")
        case let error as any DescribedError: self.init(reason: "\(error.message). \(error.remedy)")
        default: self.init(reason: "\(error)")
        }
    }
}
