import CloudEvents
package import Logging
package import ServiceKit
import ServiceLifecycle

/// Makes events of captured exchanges and offers them to the spools, from where they are delivered.
///
/// The exchanges come from event loops through a queue; nothing here can slow those down. What the spools do when they
/// are full, thin and then drop, is theirs and counted there.
package struct PayloadEmitter: Service {
    private let queue: CaptureQueue
    private let budget: CaptureBudget
    private let sampling: Sampling
    private let maker: PayloadEvents
    private let delivery: EventDelivery
    private let metrics: CaptureMetrics
    private let logger: Logger

    package init(
        queue: CaptureQueue,
        budget: CaptureBudget,
        policy: CapturePolicy,
        delivery: EventDelivery,
        metrics: CaptureMetrics,
        logger: Logger
    ) {
        self.queue = queue
        self.budget = budget
        self.sampling = policy.sampling
        self.maker = PayloadEvents(policy: policy)
        self.delivery = delivery
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the stop, and then until the queue is empty.
    package func run() async throws {
        await withGracefulShutdownHandler {
            var ids = IdentifierGenerator()
            for await exchanges in queue.batches() {
                for exchange in exchanges {
                    metrics.count(emit(exchange, ids: &ids))
                    budget.release(exchange.charged)
                }
            }
        } onGracefulShutdown: {
            queue.finish()
        }
    }

    private func emit(_ exchange: CapturedExchange, ids: inout IdentifierGenerator) -> CaptureMetrics.Capture {
        guard
            let decision = sampling.decide(
                requestID: exchange.requestID.text,
                status: exchange.status,
                duration: exchange.duration
            )
        else { return .unsampled }
        do {
            let events = try maker.events(of: exchange, decision: decision, generator: &ids)
            for event in events {
                delivery.offer(event)
                metrics.events.count(.handled, type: event.type)
            }
            return events.isEmpty ? .untold : .recorded
        } catch {
            logger.warning(
                "an exchange cannot be told",
                metadata: ["error.code": "\(error.code.name)", "error.message": "\(error.message)"]
            )
            return .failed
        }
    }
}
