import CloudEvents
package import Journal
package import Logging
import ServiceKit
package import ServiceLifecycle

/// Makes events of captured exchanges and appends them to the spool, from where they are delivered.
///
/// The exchanges come from event loops through a queue; nothing here can slow those down. When the spool is nine
/// tenths full events go without bodies, when it is full they are dropped and counted, in that order.
package struct PayloadEmitter: Service {
    private let queue: CaptureQueue
    private let budget: CaptureBudget
    private let policy: CapturePolicy
    private let spool: Journal
    private let metrics: CaptureMetrics
    private let logger: Logger

    package init(
        queue: CaptureQueue,
        budget: CaptureBudget,
        policy: CapturePolicy,
        spool: Journal,
        metrics: CaptureMetrics,
        logger: Logger
    ) {
        self.queue = queue
        self.budget = budget
        self.policy = policy
        self.spool = spool
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the stop, and then until the queue is empty.
    package func run() async throws {
        await withGracefulShutdownHandler {
            var ids = IdentifierGenerator()
            var isComplaining = false
            for await exchanges in queue.batches() {
                for exchange in exchanges {
                    let isSpooled = spoolEvents(of: exchange, ids: &ids)
                    budget.release(exchange.charged)
                    if !isSpooled, !isComplaining {
                        logger.warning("the spool is full: events are dropped", metadata: ["journal": "\(spool.directory)"])
                    }
                    isComplaining = !isSpooled
                }
            }
        } onGracefulShutdown: {
            queue.finish()
        }
    }

    /// - Returns: Whether nothing was lost.
    private func spoolEvents(of exchange: CapturedExchange, ids: inout IdentifierGenerator) -> Bool {
        guard
            let decision = policy.sampling.decide(
                requestID: exchange.requestID.text,
                status: exchange.status,
                duration: exchange.duration
            )
        else {
            metrics.count(.unsampled)
            return true
        }
        let isThin = spool.bytes >= spool.configuration.capacityBytes / 10 * 9
        do {
            let maker = PayloadEvents(policy: policy)
            let events = try maker.events(of: exchange, decision: decision, withoutData: isThin, generator: &ids)
            guard !events.isEmpty else {
                metrics.count(.untold)
                return true
            }
            if append(events) {
                metrics.count(isThin ? .thinned : .recorded)
                return true
            }
            if !isThin {
                let thin = try maker.events(of: exchange, decision: decision, withoutData: true, generator: &ids)
                if append(thin) {
                    metrics.count(.thinned)
                    return true
                }
            }
            for event in events { metrics.events.count(.dropped, type: event.type) }
        } catch {
            logger.warning(
                "an exchange cannot be told",
                metadata: ["error.code": "\(error.code.name)", "error.message": "\(error.message)"]
            )
        }
        metrics.count(.dropped)
        return false
    }

    /// Appends both events or, when the first does not fit, neither.
    private func append(_ events: [CloudEvent]) -> Bool {
        for (index, event) in events.enumerated() {
            do {
                _ = try spool.enqueue(EventRecord.encode(number: 0, event: event))
                metrics.events.count(.handled, type: event.type)
            } catch {
                // The request is told and its response is not: consumers count it as unpaired, we as dropped.
                if index > 0 {
                    metrics.events.count(.dropped, type: event.type)
                    return true
                }
                return false
            }
        }
        return true
    }
}
