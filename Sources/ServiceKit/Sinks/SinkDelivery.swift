import CloudEvents
import Journal
import Logging
import ServiceLifecycle

/// Brings what is in one spool to its sink, and what cannot be brought to the dead letters.
struct SinkDelivery: Sendable {
    let name: String
    let spool: SinkSpool
    let transport: any SinkTransport
    let policy: RetryPolicy
    let inFlightLimit: Int
    let batchLimit: Int
    let deadLetters: DeadLetters
    let metrics: SinkMetrics
    let logger: Logger
    let clock: WallClock

    /// After a graceful stop, what waits is still sent for this long, as long as the sink takes it.
    private static let drainTime = Duration.seconds(3)

    /// What the loop waits for.
    private enum Signal: Sendable {
        case answered([JournalPosition], [OutgoingEvent], SinkAnswer)
        case arrived
        case due
        case stop
        case drained
    }

    /// Delivers until a graceful stop.
    func run() async throws {
        var queue = DeliveryQueue(cursor: spool.cursor, inFlightLimit: inFlightLimit, batchLimit: batchLimit)
        var events: [JournalPosition: OutgoingEvent] = [:]
        var isWatching = false
        var alarm = Int64.max
        var isStopping = false
        var isSinkDown = false
        var isOver = false

        try await withThrowingTaskGroup(of: Signal.self) { group in
            group.addTask {
                try? await gracefulShutdown()
                return .stop
            }
            while !isOver {
                try load(&queue, &events)
                let now = clock.now().nanoseconds
                planning: while !(isStopping && isSinkDown) {
                    switch queue.next(now: now) {
                    case .send(let positions):
                        let batch = positions.compactMap { events[$0] }
                        group.addTask { [transport, metrics] in
                            let begun = ContinuousClock.now
                            let answer = await transport.send(batch)
                            metrics.answered(answer, after: .now - begun)
                            return .answered(positions, batch, answer)
                        }
                    case .wait(let time):
                        if time < alarm {
                            alarm = time
                            group.addTask { [clock] in
                                try? await clock.sleep(.nanoseconds(time - now))
                                return .due
                            }
                        }
                        break planning
                    case .idle:
                        break planning
                    }
                }
                if isStopping, isSinkDown || queue.isEmpty { break }
                if !isWatching, queue.room > 0, !isStopping {
                    isWatching = true
                    group.addTask { [journal = spool.journal, after = queue.loaded] in
                        try? await journal.waitForRecords(after: after)
                        return .arrived
                    }
                }
                metrics.set(
                    oldest: queue.oldest,
                    spoolBytes: spool.bytes,
                    spoolEvents: spool.waiting(after: queue.cursor)
                )

                guard let signal = try await group.next() else { break }
                switch signal {
                case .arrived:
                    isWatching = false
                case .due:
                    alarm = .max
                case .stop:
                    isStopping = true
                    queue.hurry()
                    group.addTask {
                        try? await Task.sleep(for: Self.drainTime)
                        return .drained
                    }
                case .drained:
                    isOver = true  // what is under way may have been taken or not, and is sent again at the next start
                case .answered(let positions, let batch, let answer):
                    isSinkDown = await settle(positions, batch, answer, &queue)
                    for position in positions where queue.isSettled(position) { events[position] = nil }
                    spool.cursor = queue.cursor
                    try spool.journal.discard(through: queue.cursor)
                }
            }
            group.cancelAll()
        }
        spool.cursor = queue.cursor
    }

    private func load(_ queue: inout DeliveryQueue, _ events: inout [JournalPosition: OutgoingEvent]) throws {
        let room = queue.room
        guard room > 0 else { return }
        let records = try spool.journal.read(after: queue.loaded, limit: room)
        guard let last = records.last else { return }
        var items: [DeliveryQueue.Item] = []
        for record in records where record.kind == .event {
            do {
                guard let event = try OutgoingEvent(record.payload) else { continue }
                events[record.position] = event
                items.append(
                    DeliveryQueue.Item(
                        position: record.position,
                        receivedAt: record.receivedAt,
                        partition: event.partition,
                        bytes: event.bytes,
                        isPatient: event.isPatient
                    )
                )
            } catch {
                metrics.count(.dropped)
                logger.error("spooled event cannot be read", metadata: ["sink.name": "\(name)", "error": "\(error)"])
            }
        }
        queue.load(items, through: last.position)
    }

    /// Makes of an answer what the policy says.
    ///
    /// - Returns: Whether the sink takes nothing for now.
    private func settle(
        _ positions: [JournalPosition],
        _ events: [OutgoingEvent],
        _ answer: SinkAnswer,
        _ queue: inout DeliveryQueue
    ) async -> Bool {
        let now = clock.now()
        let (attempt, since) = queue.attempt(positions)
        var generator = SystemRandomNumberGenerator()  // spreads retries; nothing is computed from it
        let verdict = policy.verdict(
            on: answer,
            attempt: attempt,
            age: now - Timestamp(nanoseconds: since),
            isBatch: positions.count > 1,
            jitter: Double.random(in: 0..<1, using: &generator)
        )
        let facts: Logger.Metadata = ["sink.name": "\(name)", "sink.answer": "\(answer)", "sink.attempt": "\(attempt)"]
        switch verdict {
        case .delivered:
            metrics.count(.delivered, positions.count)
            queue.finish(positions)
            return false
        case .retry(let delay):
            logger.debug("sink did not take an event", metadata: facts)
            let isDown = answer.meansDown
            if isDown, attempt == 1 { logger.warning("sink is not there, events wait", metadata: facts) }
            queue.retry(positions, notBefore: (now + delay).nanoseconds, isSinkDown: isDown)
            return isDown
        case .pause(let delay):
            logger.error("sink refuses us, it is paused", metadata: facts)
            queue.pause(positions, until: (now + delay).nanoseconds)
            return true
        case .split:
            queue.split(positions)
            return false
        case .deadLetter(let reason, let code):
            await bury(events, reason: reason, code: code)
            let isDown = answer.meansDown
            if isDown { queue.giveUp(positions) } else { queue.finish(positions) }
            return isDown
        }
    }

    private func bury(_ events: [OutgoingEvent], reason: String, code: Int?) async {
        do {
            if try await deadLetters.append(try events.map { try $0.event() }, reason: reason, code: code) {
                metrics.count(.deadlettered, events.count)
                logger.warning(
                    "event became a dead letter",
                    metadata: ["sink.name": "\(name)", "reason": "\(reason)", "code": "\(code ?? 0)"]
                )
                return
            }
            logger.error("dead letters are full, event is lost", metadata: ["sink.name": "\(name)"])
        } catch {
            logger.error(
                "dead letter cannot be kept, event is lost",
                metadata: ["sink.name": "\(name)", "error": "\(error)"]
            )
        }
        metrics.count(.dropped, events.count)
    }
}

extension SinkAnswer {
    /// Nobody is there who could take any event.
    fileprivate var meansDown: Bool {
        switch self {
        case .unreachable, .status(502...504, _): true
        case .status: false
        }
    }
}
