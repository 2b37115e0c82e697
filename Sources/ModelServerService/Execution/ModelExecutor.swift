package import NIOCore
package import NIOPosix
import ServiceKit
import Synchronization

/// Answers exchanges of every protocol: finds the model, keeps to the limits, runs it where it holds up nobody.
///
/// A request that is expected to be short is answered where it was read; a longer one goes to a small pool of threads,
/// so that it does not hold up the connections beside it.
package final class ModelExecutor: Sendable {
    /// An outcome that is there, or one that will be.
    package enum Answer<Reply: Sendable>: Sendable {
        case now(InferenceOutcome<Reply>)
        case later(EventLoopFuture<InferenceOutcome<Reply>>)
    }

    private let repository: ModelRepository
    private let pool: NIOThreadPool
    private let limit: Int
    private let underWay = Atomic<Int>(0)

    /// Longer than this is not done on an event loop, in nanoseconds.
    private static let inlineLimit = 1_000_000

    /// - Parameter limit: How many requests may be under way; one more is answered 503.
    package init(repository: ModelRepository, pool: NIOThreadPool, limit: Int) {
        self.repository = repository
        self.pool = pool
        self.limit = limit
    }

    /// Answers an exchange from an event loop, without blocking it.
    ///
    /// - Parameters:
    ///   - version: nil for the one that the model's folder offers to such requests.
    ///   - requestID: What canaries are drawn by.
    package func answer<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        model name: String,
        version: String?,
        requestID: String,
        on eventLoop: any EventLoop
    ) -> Answer<Exchange.Reply> {
        let arrived = NIODeadline.now()
        guard underWay.add(1, ordering: .relaxed).newValue <= limit else {
            underWay.subtract(1, ordering: .relaxed)
            return .now(InferenceOutcome(.failure(Self.busy), model: nil))
        }
        let model: ServedModel
        do {
            model = try repository.model(name, version: version)
        } catch {
            underWay.subtract(1, ordering: .relaxed)
            return .now(InferenceOutcome(.failure(error), model: nil))
        }
        if model.pace.expected(bytes: exchange.size) <= Self.inlineLimit {
            defer { underWay.subtract(1, ordering: .relaxed) }
            return .now(run(exchange, model, arrived: arrived))
        }
        let future = pool.runIfActive(eventLoop: eventLoop) {
            defer { self.underWay.subtract(1, ordering: .relaxed) }
            return self.run(exchange, model, arrived: arrived)
        }
        return .later(future)
    }

    /// Answers an exchange from a task.
    package func answer<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        model name: String,
        version: String?,
        requestID: String
    ) async throws -> InferenceOutcome<Exchange.Reply> {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        switch answer(exchange, model: name, version: version, requestID: requestID, on: eventLoop) {
        case .now(let outcome): return outcome
        case .later(let future): return try await future.get()
        }
    }

    private func run<Exchange: InferenceExchange>(
        _ exchange: Exchange,
        _ model: ServedModel,
        arrived: NIODeadline
    ) -> InferenceOutcome<Exchange.Reply> {
        guard !exchange.isAbandoned else { return InferenceOutcome(.failure(InferenceFailure.abandoned), model: model) }
        do {
            let (reply, nanoseconds) = try model.answer(exchange, arrived: arrived)
            model.pace.learn(nanoseconds: nanoseconds, bytes: exchange.size)
            return InferenceOutcome(.success(reply), model: model)
        } catch {
            return InferenceOutcome(.failure(InferenceFailure.described(error)), model: model)
        }
    }

    private static let busy = ServiceError(
        .unavailable,
        "too many requests are under way",
        remedy: "Send it again a little later, or raise inference.concurrency",
        retryAfter: .seconds(1)
    )
}
