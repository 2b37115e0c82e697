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
        /// How long a consumer that is not available is left alone.
        package var pause: Duration
        /// How long what is in the journal is still worked on after a graceful stop.
        package var drainTime: Duration

        package init(
            snapshotInterval: Duration = .seconds(10),
            tickInterval: Duration = .seconds(1),
            deduplicationLimit: Int = 1_000_000,
            pause: Duration = .seconds(1),
            drainTime: Duration = .seconds(5)
        ) {
            self.snapshotInterval = snapshotInterval
            self.tickInterval = tickInterval
            self.deduplicationLimit = deduplicationLimit
            self.pause = pause
            self.drainTime = drainTime
        }
    }

    private let journal: Journal
    private let consumer: any EventConsumer
    private let delivery: EventDelivery?
    private let desk: ReplyDesk
    private let snapshots: SnapshotStore
    private let configuration: Configuration
    private let events: EventMetrics
    private let readiness: Readiness
    private let logger: Logger

    private var position = JournalPosition.start
    private var keys: DeduplicationKeys
    private var replies = StoredReplies()
    /// Causes whose verdict left as an answer, as the notes after the last snapshot say.
    private var answered: Set<UInt64> = []
    private var snapshotPosition = JournalPosition.start
    private var lastSnapshot = ContinuousClock.now
    /// The size of the journal after the last snapshot.
    private var snapshotBytes = 0
    private var hasNewEvents = false
    private var waiters: [(position: JournalPosition, continuation: CheckedContinuation<Void, Never>)] = []

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
        keys = DeduplicationKeys(limit: configuration.deduplicationLimit)
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

    /// Returns when the record at a position has been worked on.
    package func waitUntil(_ wanted: JournalPosition) async {
        guard position < wanted else { return }
        await withCheckedContinuation { waiters.append((wanted, $0)) }
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
        case .note:
            return nil  // read at the start, before the records that it is about
        case .gap:
            guard let gap = JournalGap(payload: record.payload) else { return nil }
            logger.warning(
                "acknowledged events were lost",
                metadata: ["records.lost": "\(gap.records)", "bytes.lost": "\(gap.bytes)"]
            )
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
                logger.error("record cannot be read", metadata: ["journal.position": "\(record.position)", "error": "\(error)"])
                return nil
            }
        }
    }

    /// Sends verdicts on their way: one that is waited for as the answer, all others to the sinks.
    private func settle(_ work: Work, _ outcome: ConsumerOutcome) async {
        let isEvent = work.key != nil
        switch outcome {
        case .verdicts(let verdicts):
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

    private func move(to new: JournalPosition) {
        position = new
        progress.value = new
        for waiter in waiters where waiter.position <= new { waiter.continuation.resume() }
        waiters.removeAll { $0.position <= new }
    }

    // MARK: Snapshots

    private func restore() async throws {
        try await restoreSnapshot()
        var after = position
        while let last = try readNotes(after: after) { after = last }
    }

    /// Reads some records for their notes and returns the position of the last, nil when there are none.
    private func readNotes(after: JournalPosition) throws -> JournalPosition? {
        let records = try journal.read(after: after, limit: 1024)
        for record in records where record.kind == .note { answered.insert(try EventRecord(record.payload).number) }
        return records.last?.position
    }

    private func restoreSnapshot() async throws {
        var failure: (any Error)?
        for snapshot in try snapshots.load() where snapshot.parts.count == 3 {
            do {
                try await consumer.restore(snapshot.parts[0])
                keys.restore(snapshot.parts[1][...])
                try restoreReplies(snapshot.parts[2])
                move(to: snapshot.position)
                snapshotPosition = snapshot.position
                logger.info("went back to a snapshot", metadata: ["journal.position": "\(position)"])
                return
            } catch {
                failure = error
                logger.warning("snapshot cannot be used", metadata: ["journal.position": "\(snapshot.position)", "error": "\(error)"])
            }
        }
        if let failure { throw failure }
    }

    private func snapshotIfDue() async throws {
        // Ticks alone change little: they are written at leisure.
        let interval = hasNewEvents ? configuration.snapshotInterval : configuration.snapshotInterval * 30
        // The journal keeps what came since the snapshot before the last: under load room is made sooner.
        let isFilling = journal.bytes - snapshotBytes > journal.configuration.capacityBytes / 8
        guard position > snapshotPosition, isFilling || ContinuousClock.now - lastSnapshot >= interval else { return }
        try await saveSnapshot()
    }

    /// Writes the state and lets go of what the journal need not keep for it.
    package func saveSnapshot() async throws {
        guard position > snapshotPosition else { return }
        let snapshot = Snapshot(
            position: position,
            parts: [try await consumer.snapshot(), keys.snapshot, repliesSnapshot]
        )
        let through = try snapshots.save(snapshot)
        try journal.discard(through: through)
        snapshotPosition = snapshot.position
        snapshotBytes = journal.bytes
        lastSnapshot = .now
        hasNewEvents = false
    }

    /// Nothing is to be written any more.
    private func forgetSnapshot() {
        snapshotPosition = position
    }

    /// Each as key 16 bytes, length 4, event.
    private var repliesSnapshot: [UInt8] {
        var bytes: [UInt8] = []
        for (key, event) in replies.entries {
            let encoded = EventRecord.encode(number: 0, event: event)
            withUnsafeBytes(of: key.high.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: key.low.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(encoded.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: encoded)
        }
        return bytes
    }

    private func restoreReplies(_ bytes: [UInt8]) throws {
        replies = StoredReplies()
        var offset = 0
        while offset + 20 <= bytes.count {
            let (high, low, length) = bytes.withUnsafeBytes { raw in
                (
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                    Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self)))
                )
            }
            offset += 20
            guard length <= bytes.count - offset else { return }
            if let event = try EventRecord(Array(bytes[offset..<(offset + length)])).event {
                replies.insert(event, for: DeduplicationKeys.Key(high: high, low: low))
            }
            offset += length
        }
    }
}
