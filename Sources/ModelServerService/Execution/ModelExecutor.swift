package import NIOCore
import NIOPosix
import ServiceKit
import Synchronization

/// Answers exchanges of every protocol: finds the model, keeps to the limits, runs it where it holds up nobody.
///
/// A request that is expected to be short, by its size and what this model's requests have cost so far, is answered on the
/// event loop where it was read; a longer one waits for one of a few threads, so that it does not hold up the connections
/// beside it, and may run together with others that wait.
package final class ModelExecutor: Sendable {
    /// An outcome that is there, or one that will be.
    package enum Answer<Reply: Sendable>: Sendable {
        case now(InferenceOutcome<Reply>)
        case later(EventLoopFuture<InferenceOutcome<Reply>>)
    }

    /// How many requests may be under way.
    package struct Limits: Sendable {
        /// Of all models together.
        package var all: Int
        /// Of one model, where its `serving.toml` says nothing else.
        package var perModel: Int

        package init(all: Int = 256, perModel: Int = .max) {
            self.all = all
            self.perModel = perModel
        }
    }

    private let repository: ModelRepository
    private let runner: BatchRunner
    private let shadows: ShadowCopies
    private let metrics: ExecutionMetrics
    private let limits: Limits
    private let underWay = Atomic<Int>(0)
    private let waitingForLoads = Atomic<Int>(0)

    /// Longer than this is not done on an event loop, in nanoseconds: a hundred times what changing threads costs.
    private static let inlineLimit = 500_000

    package init(
        repository: ModelRepository,
        runner: BatchRunner,
        shadows: ShadowCopies,
        metrics: ExecutionMetrics,
        limits: Limits
    ) {
        self.repository = repository
        self.runner = runner
        self.shadows = shadows
        self.metrics = metrics
        self.limits = limits
        metrics.onCollect(underWay: { [weak self] in self?.underWay.load(ordering: .relaxed) })
    }

    /// Answers an exchange from an event loop, without blocking it.
    ///
    /// - Parameters:
    ///   - version: nil for the one that answers requests which name none.
    ///   - requestID: What canaries and shadows are drawn by.
    package func answer<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        model name: String,
        version: String?,
        requestID: String,
        on eventLoop: any EventLoop
    ) -> Answer<Exchange.Reply> {
        let arrived = NIODeadline.now()
        guard underWay.add(1, ordering: .relaxed).newValue <= limits.all else {
            underWay.subtract(1, ordering: .relaxed)
            metrics.refused(.serverLimit)
            return .now(InferenceOutcome(.failure(InferenceFailure.serverIsBusy(limits.all)), model: nil))
        }
        let asked = Asked(
            exchange: exchange,
            name: name,
            version: version,
            requestID: requestID,
            arrived: arrived,
            deadline: arrived + repository.loadTimeout
        )
        switch answer(asked, on: eventLoop) {
        case .now(let outcome):
            underWay.subtract(1, ordering: .relaxed)
            return .now(outcome)
        case .later(let future):
            future.whenComplete { _ in self.underWay.subtract(1, ordering: .relaxed) }
            return .later(future)
        }
    }

    /// Answers an exchange from a task.
    package func answer<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        model name: String,
        version: String?,
        requestID: String
    ) async throws -> InferenceOutcome<Exchange.Reply> {
        let eventLoop = repository.eventLoopGroup.any()
        switch answer(exchange, model: name, version: version, requestID: requestID, on: eventLoop) {
        case .now(let outcome): return outcome
        case .later(let future): return try await future.get()
        }
    }

    /// What was asked for.
    private struct Asked<Exchange: InferenceExchange>: Sendable {
        var exchange: Exchange
        var name: String
        var version: String?
        var requestID: String
        var arrived: NIODeadline
        /// How long a load may be waited for.
        var deadline: NIODeadline
    }

    private func answer<Exchange>(_ asked: Asked<Exchange>, on eventLoop: any EventLoop) -> Answer<Exchange.Reply> {
        do {
            let found = try repository.find(
                asked.name,
                version: asked.version,
                requestID: asked.requestID,
                on: eventLoop,
                until: asked.deadline
            )
            switch found {
            case .ready(let routed): return run(asked, routed, on: eventLoop)
            case .loading(let key, let future): return wait(asked, for: key, future, on: eventLoop)
            }
        } catch {
            return .now(InferenceOutcome(.failure(error), model: nil))
        }
    }

    // MARK: Waiting for a load

    private func wait<Exchange>(
        _ asked: Asked<Exchange>,
        for key: ModelKey,
        _ loaded: EventLoopFuture<Bool>,
        on eventLoop: any EventLoop
    ) -> Answer<Exchange.Reply> {
        // Half at most, so that a model that is long in loading leaves room for those that are there.
        guard waitingForLoads.add(1, ordering: .relaxed).newValue <= max(limits.all / 2, 1) else {
            waitingForLoads.subtract(1, ordering: .relaxed)
            metrics.refused(.loading, model: key.name)
            return .now(InferenceOutcome(.failure(InferenceFailure.loading(key)), model: nil))
        }
        let outcome = loaded.flatMap { isSettled -> EventLoopFuture<InferenceOutcome<Exchange.Reply>> in
            self.waitingForLoads.subtract(1, ordering: .relaxed)
            guard isSettled else {
                self.metrics.refused(.loading, model: key.name)
                return eventLoop.makeSucceededFuture(
                    InferenceOutcome(.failure(InferenceFailure.loading(key)), model: nil)
                )
            }
            switch self.answer(asked, on: eventLoop) {
            case .now(let outcome): return eventLoop.makeSucceededFuture(outcome)
            case .later(let future): return future
            }
        }
        return .later(outcome)
    }

    // MARK: Running

    private func run<Exchange>(
        _ asked: Asked<Exchange>,
        _ routed: ModelRepository.Routed,
        on eventLoop: any EventLoop
    ) -> Answer<Exchange.Reply> {
        let model = routed.model
        if let limit = model.traffic.enter(limit: limits.perModel) {
            metrics.refused(.modelLimit, model: model.name)
            return .now(
                InferenceOutcome(
                    .failure(InferenceFailure.modelIsBusy(model.name, limit)),
                    model: model,
                    endpoint: routed.endpoint
                )
            )
        }
        let expected = model.pace.expected(bytes: asked.exchange.size)
        if expected > 0, expected <= Self.inlineLimit {
            let outcome = run(asked.exchange, routed, arrived: asked.arrived)
            model.traffic.leave()
            return .now(outcome)
        }
        let call = PendingCall(
            exchange: asked.exchange,
            routed: routed,
            since: asked.arrived,
            promise: eventLoop.makePromise()
        )
        runner.add(call)
        let future = call.promise.futureResult
        future.whenComplete { _ in model.traffic.leave() }
        return .later(future)
    }

    private func run<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        _ routed: ModelRepository.Routed,
        arrived: NIODeadline
    ) -> InferenceOutcome<Exchange.Reply> {
        guard !exchange.isAbandoned else { return routed.outcome(.failure(InferenceFailure.abandoned)) }
        do {
            let (reply, nanoseconds) = try routed.model.answer(exchange, arrived: arrived)
            routed.model.pace.learn(nanoseconds: Int(nanoseconds), bytes: exchange.size)
            return routed.outcome(.success(reply))
        } catch {
            return routed.outcome(.failure(InferenceFailure.described(error)))
        }
    }

    // MARK: Shadows

    /// Gives a shadow a copy of an exchange that was answered; the copy waits where nobody waits for it, or is dropped.
    ///
    /// - Parameter observe: Told from the shadows' thread what became of it, and of the nanoseconds that it took.
    package func copy<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        to shadow: ServedModel,
        observe: @escaping @Sendable (InferenceOutcome<Exchange.Reply>, Int64) -> Void
    ) {
        let isTaken = shadows.add(bytes: exchange.size) { [metrics] in
            let began = NIODeadline.now()
            var outcome = ModelRepository.Routed(model: shadow, endpoint: .shadow)
                .outcome(Result { try shadow.answer(exchange, arrived: began).reply })
            let duration = (NIODeadline.now() - began).nanoseconds
            var count = ExecutionMetrics.Copy.answered
            if case .failure(let error) = outcome.result {
                outcome.result = .failure(InferenceFailure.described(error))
                count = .failed
            }
            observe(outcome, duration)
            metrics.copied(count, model: shadow.name)
        }
        if !isTaken { metrics.copied(.dropped, model: shadow.name) }
    }
}

extension ModelRepository.Routed {
    /// What became of an exchange that was routed so.
    func outcome<Reply>(_ result: Result<Reply, any Error>) -> InferenceOutcome<Reply> {
        InferenceOutcome(result, model: model, endpoint: endpoint, shadow: shadow)
    }
}
