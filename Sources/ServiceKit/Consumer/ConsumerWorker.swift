import CloudEvents
package import Journal
package import Logging
import ServiceLifecycle

/// Drains a journal in its order: drops repetitions, hands the rest to the consumer, sends the verdicts on their way,
/// and writes snapshots from which a process that was killed goes on exactly.
///
/// The same journal gives the same verdicts, killed on the way or not: time is read from tick records, and a verdict
/// that was taken into the outbox before a kill is not taken again.
package actor ConsumerWorker: Service {
    /// How the worker works.
    package struct Configuration: Sendable {
        package var snapshotInterval: Duration
        /// Zero writes no ticks.
        package var tickInterval: Duration
        package var deduplicationLimit: Int
        package var deduplicationLifetime: Duration
        /// What verdicts are called when they leave.
        package var verdictTypes: VerdictTypes
        /// How long a consumer that is not available is left alone.
        package var pause: Duration
        /// How long what is in the journal is still worked on after a graceful stop.
        package var drainTime: Duration

        package init(
            snapshotInterval: Duration = .seconds(10),
            tickInterval: Duration = .seconds(1),
            deduplicationLimit: Int = 1_000_000,
            deduplicationLifetime: Duration = .seconds(24 * 3600),
            verdictTypes: VerdictTypes = .standard,
            pause: Duration = .seconds(1),
            drainTime: Duration = .seconds(5)
        ) {
            self.snapshotInterval = snapshotInterval
            self.tickInterval = tickInterval
            self.deduplicationLimit = deduplicationLimit
            self.deduplicationLifetime = deduplicationLifetime
            self.verdictTypes = verdictTypes
            self.pause = pause
            self.drainTime = drainTime
        }
    }

    let journal: Journal
    let consumer: any EventConsumer
    private let delivery: EventDelivery?
    private let desk: ReplyDesk
    let snapshots: SnapshotStore
    let configuration: Configuration
    private let events: EventMetrics
    private let lost: LostRecords
    private let readiness: Readiness
    let logger: Logger

    var position = JournalPosition.start
    var keys: DeduplicationKeys
    var replies = StoredReplies()
    /// Causes whose verdict left as an answer, as the notes after the last snapshot say.
    var answered: Set<UInt64> = []
    var snapshotPosition = JournalPosition.start
    var lastSnapshot = ContinuousClock.now
    /// The size of the journal after the last snapshot.
    var snapshotBytes = 0
    var hasNewEvents = false
    private var waiters: [Waiter] = []
    private var nextWaiter = 0

    /// Somebody who waits for a record to be worked on.
    private struct Waiter {
        let id: Int
        let position: JournalPosition
        let continuation: CheckedContinuation<Void, Never>
    }

    package init(
        journal: Journal,
        consumer: any EventConsumer,
        delivery: EventDelivery?,
        desk: ReplyDesk = ReplyDesk(),
        snapshots: SnapshotStore,
        configuration: Configuration = Configuration(),
        metrics: MetricsRegistry,
        readiness: Readiness = Readiness(),
        logger: Logger
    ) {
        self.journal = journal
        self.consumer = consumer
        self.delivery = delivery
        self.desk = desk
        self.snapshots = snapshots
        self.configuration = configuration
        self.readiness = readiness
        self.logger = logger
        events = EventMetrics(metrics)
        keys = DeduplicationKeys(
            limit: configuration.deduplicationLimit,
            lifetime: configuration.deduplicationLifetime
        )
        lost = LostRecords(metrics, logger: logger)
        readiness.set("worker", notReady: "the last snapshot is not read yet")
        let gauge = metrics.gauge("vedette_journal_bytes", "Bytes of the inbox on disk.")
        let lag = metrics.gauge("vedette_journal_lag_records", "Records of the inbox that are not worked on yet.")
        let worked = PositionBox()
        progress = worked
        metrics.onCollect { [journal] in
            gauge.set(Double(journal.bytes))
            lag.set(Double(journal.last.rawValue) - Double(min(worked.value, journal.last).rawValue))
        }
    }

    private let progress: PositionBox
    private let stop = StopFlag()

    /// The service was stopped while its consumer was not available.
    private struct StoppedInBatch: Error {}

    // MARK: Life

    /// Works until a graceful stop, then on what is left for a while, and writes a last snapshot.
    package func run() async throws {
        try await restore()
        readiness.set("worker", notReady: nil)
        let (journal, interval) = (journal, configuration.tickInterval)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if interval > .zero { group.addTask { await Self.tick(journal, every: interval) } }
            group.addTask {
                do {
                    try await self.work()
                } catch is StoppedInBatch {
                    // The consumer's state is in the middle of a batch: the last snapshot and the journal stand.
                    await self.forgetSnapshot()
                }
            }
            defer { group.cancelAll() }
            try await group.next()  // the ticks never end by themselves
        }
        try await saveSnapshot()
        journal.close()
    }

    private func work() async throws {
        let (journal, stop) = (journal, stop)
        try await withGracefulShutdownHandler {
            while !stop.isSet {
                try await drain()
                try await snapshotIfDue()
                await stop.orCancelled { [position] in try? await journal.waitForRecords(after: position) }
                if Task.isCancelled { break }
            }
        } onGracefulShutdown: {
            stop.set()
        }
        let deadline = ContinuousClock.now + configuration.drainTime
        while position < journal.last, ContinuousClock.now < deadline {
            guard try await step() else { break }
        }
    }

    /// Works on all that is in the journal now.
    package func drain() async throws {
        while try await step() {
            try await snapshotIfDue()
        }
    }

    /// Returns when the record at a position has been worked on, or the task is cancelled.
    package func waitUntil(_ wanted: JournalPosition) async {
        guard position < wanted, !Task.isCancelled else { return }
        nextWaiter += 1
        let id = nextWaiter
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters.append(Waiter(id: id, position: wanted, continuation: $0)) }
        } onCancel: {
            Task { await self.dismiss(id) }  // a handler cannot wait; this ends at once and needs no owner
        }
    }

    private func dismiss(_ id: Int) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume()
    }

    private static func tick(_ journal: Journal, every interval: Duration) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            // A full journal keeps no ticks; the events in it are worked on all the same.
            if !Task.isCancelled { _ = try? journal.enqueue([], kind: .tick) }
        }
    }

    // MARK: Records

    /// Works on the next records; false when there are none, or the consumer is not available for now.
    private func step() async throws -> Bool {
        let records = try journal.read(after: position, limit: 256)
        guard !records.isEmpty else { return false }
        var batch: [Work] = []
        for record in records {
            if let work = admit(record) { batch.append(work) }
        }
        var rest = batch[...]
        while !rest.isEmpty {
            let outcomes = await consumer.observe(batch: rest.map(\.record))
            for (work, outcome) in zip(rest, outcomes) { await settle(work, outcome) }
            rest = rest.dropFirst(outcomes.count)
            guard !rest.isEmpty else { break }
            if outcomes.isEmpty {
                readiness.set("consumer", notReady: "what it needs is not there")
                logger.warning("consumer is not available", metadata: ["records.waiting": "\(rest.count)"])
                let pause = configuration.pause
                await stop.orCancelled { try? await Task.sleep(for: pause) }
                try Task.checkCancellation()
                if stop.isSet { throw StoppedInBatch() }
            }
        }
        readiness.set("consumer", notReady: nil)
        if let last = records.last { move(to: last.position) }
        return true
    }

    /// A record for the consumer, with what is needed afterwards.
    private struct Work {
        var record: ConsumerRecord
        var key: DeduplicationKeys.Key?
        var ticket: UInt64
        var type: String?
    }

    /// Reads a record and drops it when it is a repetition.
    private func admit(_ record: JournalRecord) -> Work? {
        let time = Timestamp(nanoseconds: record.receivedAt)
        func work(_ content: ConsumerRecord.Content) -> Work {
            Work(record: ConsumerRecord(position: record.position, receivedAt: time, content: content), ticket: 0)
        }
        switch record.kind {
        case .tick:
            return work(.tick)
        case .change:
            hasNewEvents = true  // as much worth a snapshot
            return work(.change(record.payload))
        case .note:
            return nil  // read at the start, before the records that it is about
        case .gap:
            guard let gap = JournalGap(payload: record.payload) else { return nil }
            lost.admit(gap)
            return work(.gap(gap))
        case .event:
            hasNewEvents = true
            do {
                let stored = try EventRecord(record.payload)
                guard let event = stored.event else { return nil }
                let key = DeduplicationKeys.Key(event)
                guard keys.insert(key, at: time) else {
                    events.count(.dropped, type: event.type)
                    desk.remove(stored.number)?(replies[key])
                    return nil
                }
                var work = work(.event(event))
                work.key = key
                work.ticket = stored.number
                work.type = event.type
                return work
            } catch {
                events.count(.failed, type: nil)
                logger.error(
                    "record cannot be read",
                    metadata: ["journal.position": "\(record.position)", "error": "\(error)"]
                )
                return nil
            }
        }
    }

    /// Sends verdicts on their way: one that is waited for as the answer, all others to the sinks.
    private func settle(_ work: Work, _ outcome: ConsumerOutcome) async {
        let isEvent = work.key != nil
        switch outcome {
        case .verdicts(let own):
            let verdicts = own.map { configuration.verdictTypes.named($0) }
            if isEvent { events.count(.handled, type: work.type) }
            if let key = work.key, verdicts.count == 1, await leavesAsAnswer(work) {
                replies.insert(verdicts[0], for: key)
                desk.remove(work.ticket)?(verdicts[0])
                return
            }
            await delivery?.offer(verdicts, cause: work.record.position)
        case .failed(let error):
            if isEvent { events.count(.failed, type: work.type) }
            logger.error(
                "event could not be handled",
                metadata: ["journal.position": "\(work.record.position)", "error": "\(error)"]
            )
        }
        desk.remove(work.ticket)?(nil)
    }

    /// Whether a verdict is to be the answer to its event, and not to go to the sinks.
    ///
    /// A note of it stands in the journal before the answer leaves, so that after a kill it goes the same way: should
    /// the kill come between, the sender has no answer, sends again, and gets it from the stored replies.
    private func leavesAsAnswer(_ work: Work) async -> Bool {
        guard work.ticket != 0 else { return false }
        guard delivery?.hasSinks == true else { return true }  // there is no other way
        let cause = work.record.position.rawValue
        if answered.remove(cause) != nil { return true }
        guard desk.isWaiting(work.ticket) else { return false }
        let note = EventRecord.encode(number: cause, event: nil)
        return (try? await journal.append(note, kind: .note)) != nil
    }

    func move(to new: JournalPosition) {
        position = new
        progress.value = new
        for waiter in waiters where waiter.position <= new { waiter.continuation.resume() }
        waiters.removeAll { $0.position <= new }
    }
}
