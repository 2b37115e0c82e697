package import Logging
package import NIOCore
import NIOPosix
package import Prediction
package import ServiceKit
import Synchronization

/// The models of a folder: found, loaded, kept, changed and let go while requests are answered.
///
/// What is decided is decided by a ``ModelShelf``; this carries it out. Looking a model up takes one short lock. Loads run
/// on threads of their own; requests that wait for one hold no thread.
package final class ModelRepository: Sendable {
    struct State {
        var shelf: ModelShelf<ServedModel>
        var listing: SettledListing?
        var waiting: [ModelKey: [UInt64: EventLoopPromise<Bool>]] = [:]
        var waiters: UInt64 = 0
        /// Whoever waits until nothing is being loaded.
        var idle: [EventLoopPromise<Void>] = []
        /// What requests of one model have in common, whatever the version.
        var traffic: [String: ModelTraffic] = [:]
        var isStarted = false
    }

    /// The folder.
    package let folder: RepositoryFolder
    let runtimes: ModelRuntimes
    let policy: RepositoryPolicy
    let metrics: RepositoryMetrics
    let logger: Logger
    let eventLoopGroup: any EventLoopGroup
    let state: Mutex<State>
    /// Bytes that models left behind and the allocator may still keep.
    let freedBytes = Atomic(0)

    /// - Parameter runtimes: What runs the models, by the kind of each.
    package init(
        directory: String,
        policy: RepositoryPolicy = RepositoryPolicy(),
        runtimes: ModelRuntimes,
        metrics: MetricsRegistry = MetricsRegistry(),
        logger: Logger = Logger(label: "models") { _ in SwiftLogNoOpLogHandler() },
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        folder = RepositoryFolder(directory)
        self.runtimes = runtimes
        self.policy = policy
        self.metrics = RepositoryMetrics(metrics)
        self.logger = logger
        self.eventLoopGroup = eventLoopGroup
        state = Mutex(State(shelf: ModelShelf(limits: policy.limits)))
        self.metrics.onCollect { [weak self] in self?.state.withLock { $0.shelf.memory } }
    }

    // MARK: Asking

    /// What a request that names a model gets.
    package enum Found {
        /// A version that can answer now.
        case ready(Routed)
        /// One that is being loaded: ask again when this is true; false says that the time is up.
        case loading(ModelKey, EventLoopFuture<Bool>)
    }

    /// A version, and what it answers as.
    package struct Routed: Sendable {
        package var model: ServedModel
        package var endpoint: ModelEndpoint
        /// What gets a copy of the request.
        package var shadow: ServedModel?
    }

    /// How long a request may wait for a load.
    package var loadTimeout: TimeAmount { TimeAmount(policy.loadTimeout) }

    /// The version of a model for a request, without waiting.
    ///
    /// - Parameters:
    ///   - version: nil for a request that names none.
    ///   - requestID: What canaries and shadows are drawn by; nil for a question that is no request.
    ///   - deadline: How long it can wait at most.
    /// - Throws: 404 that lists what is known; 503 for a model that cannot be loaded.
    package func find(
        _ name: String,
        version: String? = nil,
        requestID: String? = nil,
        on eventLoop: any EventLoop,
        until deadline: NIODeadline
    ) throws -> Found {
        let (route, future, id, actions) = state.withLock { state in
            let route = state.shelf.route(name, version: version, requestID: requestID, now: .now)
            // Under the same lock, so that the end of the load cannot be missed.
            var future: EventLoopFuture<Bool>?
            if case .loading(let key) = route.answer { future = state.wait(for: key, on: eventLoop) }
            return (route, future, state.waiters, state.shelf.takeActions())
        }
        perform(actions)
        switch route.answer {
        case .ready(let model):
            return .ready(Routed(model: model, endpoint: route.endpoint, shadow: route.shadow))
        case .loading(let key):
            guard let future else { throw InferenceFailure.loading(key) }
            let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(id, on: key) }
            future.whenComplete { _ in timer.cancel() }
            return .loading(key, future)
        case .broken(let key, let reason):
            throw InferenceFailure.broken(key, reason: reason)
        case .unknown:
            throw InferenceFailure.unknown(name, version: version, known: names)
        }
    }

    /// The version of a model for a request, loaded first where it has to be.
    package func model(_ name: String, version: String? = nil) async throws -> ServedModel {
        let eventLoop = eventLoopGroup.any()
        let deadline = NIODeadline.now() + loadTimeout
        while true {
            switch try find(name, version: version, on: eventLoop, until: deadline) {
            case .ready(let routed): return routed.model
            case .loading(let key, let future):
                guard try await future.get() else { throw InferenceFailure.loading(key) }
            }
        }
    }

    /// Ends the wait of one who waits for a load.
    func giveUp(_ id: UInt64, on key: ModelKey) {
        let promise = state.withLock { $0.waiting[key]?.removeValue(forKey: id) }
        promise?.succeed(false)
    }

    // MARK: What there is

    /// The names of the models that requests may name, sorted.
    package var names: [String] { state.withLock { $0.shelf.names } }

    /// The versions of a model that requests may name, oldest first.
    package func versions(of name: String) -> [String] { state.withLock { $0.shelf.versions(of: name) } }

    /// The versions of a model that are in memory, oldest first; asking counts as no use.
    package func inMemory(_ name: String) -> [ServedModel] { state.withLock { $0.shelf.inMemory(name) } }

    /// Whether a request would be answered, after a load where need be.
    package func isServed(_ name: String, version: String? = nil) -> Bool {
        state.withLock { $0.shelf.isServed(name, version: version) }
    }

    /// Every version of every model of the folder, and how it is.
    package var index: [IndexEntry] { state.withLock { $0.shelf.index } }
}

extension ModelRepository.State {
    mutating func wait(for key: ModelKey, on eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        let promise = eventLoop.makePromise(of: Bool.self)
        waiters += 1
        waiting[key, default: [:]][waiters] = promise
        return promise.futureResult
    }
}

/// How a repository is to be kept.
package struct RepositoryPolicy: Sendable {
    /// Memory, loads at once, eagerness.
    package var limits: ModelShelf<ServedModel>.Limits
    /// How long a request may wait for a model, and a load take.
    package var loadTimeout: Duration
    /// How often the folder is looked at.
    package var rescan: Duration

    package init(
        limits: ModelShelf<ServedModel>.Limits = .init(),
        loadTimeout: Duration = .seconds(30),
        rescan: Duration = .seconds(5)
    ) {
        self.limits = limits
        self.loadTimeout = loadTimeout
        self.rescan = rescan
    }
}
