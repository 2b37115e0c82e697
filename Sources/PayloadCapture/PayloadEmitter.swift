import CloudEvents
package import Logging
package import ServiceKit
import ServiceLifecycle

/// Makes events of captured exchanges and brings them into the spools, from where they are delivered.
///
/// The exchanges come from event loops through a queue; nothing here can slow those down. One worker, so that events
/// stay in order; it waits for the spools, so that no more than two batches are between queue and disk. What the spools do
/// when they are full, thin and then drop, is theirs and counted there; bodies that none of them would keep are not
/// copied here. It has a thread of its own, so that it keeps up with the event loops while deliveries fill the
/// cooperative pool.
package struct PayloadEmitter: Service {
    private let queue: CaptureQueue
    private let budget: CaptureBudget
    private let policy: CapturePolicy
    private let delivery: EventDelivery
    private let metrics: CaptureMetrics
    private let logger: Logger

    /// The most that is made into events at a time: large enough that waiting for the disk's thread once a batch does
    /// not count on a busy machine.
    private static let batch = (exchanges: 256, bytes: 4 << 20)

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
        self.policy = policy
        self.delivery = delivery
        self.metrics = metrics
        self.logger = logger
    }

    /// Works until the stop, and then until the queue is empty.
    package func run() async throws {
        let thread = try ThreadExecutor()
        defer { thread.finish() }
        await withGracefulShutdownHandler {
            await withTaskExecutorPreference(thread) { await work() }
        } onGracefulShutdown: {
            queue.finish()
        }
    }

    /// While one batch is written, the next is made.
    private func work() async {
        var ids = IdentifierGenerator()
        var maker = PayloadEvents(policy: policy)
        await withTaskGroup(of: Void.self) { writing in
            for await exchanges in queue.batches(of: Self.batch.exchanges, bytes: Self.batch.bytes) {
                let batch = make(exchanges, maker: &maker, ids: &ids)
                metrics.count(maker.takeRedacted())
                await writing.next()
                writing.addTask { await spool(batch) }
            }
        }
    }

    /// Events on their way to the spools, and what becomes of the exchanges that they tell of.
    private struct Batch: Sendable {
        var events: [OfferedEvent] = []
        var outcomes: [CaptureMetrics.Capture: Int] = [:]
        /// What goes back to the budget when they are there.
        var charged = 0
    }

    private func spool(_ batch: Batch) async {
        await delivery.offer(batch.events)
        budget.release(batch.charged)
        for (outcome, count) in batch.outcomes { metrics.count(outcome, by: count) }
        let types: [String: Int] = batch.events.reduce(into: [:]) { $0[$1.type, default: 0] += 1 }
        for (type, count) in types { metrics.events.count(.handled, type: type, by: count) }
    }

    private func make(
        _ exchanges: [CapturedExchange],
        maker: inout PayloadEvents,
        ids: inout IdentifierGenerator
    ) -> Batch {
        let room = delivery.room
        var batch = Batch()
        batch.events.reserveCapacity(2 * exchanges.count)
        exchanges.withUnsafeBufferPointer { exchanges in  // in place: copying one out counts its twenty references
            for place in exchanges.indices {
                let outcome = make(exchanges[place], room, maker: &maker, ids: &ids, into: &batch.events)
                batch.outcomes[outcome, default: 0] += 1
                batch.charged += exchanges[place].charged
            }
        }
        return batch
    }

    private func make(
        _ exchange: CapturedExchange,
        _ room: SpoolRoom,
        maker: inout PayloadEvents,
        ids: inout IdentifierGenerator,
        into events: inout [OfferedEvent]
    ) -> CaptureMetrics.Capture {
        let decision = policy.sampling.decide(
            requestID: exchange.requestID.text,
            status: exchange.status,
            duration: exchange.duration
        )
        guard let decision else { return .unsampled }
        guard room > .nothing else { return .dropped }
        do throws(CloudEventError) {
            let before = events.count
            if room == .everything {
                events += try maker.offers(of: exchange, decision: decision, generator: &ids)
            } else {
                let made = try maker.events(of: exchange, decision: decision, keepsData: false, generator: &ids)
                for event in made { events.append(OfferedEvent(try event.thinned())) }
            }
            return events.count == before ? .untold : .recorded
        } catch {
            // Its message may quote what came in a request.
            logger.warning("an exchange cannot be told", metadata: ["error.code": "\(error.code.name)"])
            return .failed
        }
    }
}
