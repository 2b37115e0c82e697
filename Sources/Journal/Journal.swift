import Dispatch
import Glibc
import Synchronization

/// An append-only file of records in checksummed segments: the inbox of every consumer and the spool of every sender.
///
/// Appends are gathered and written by a thread of the journal's own (group commit), so they block neither the
/// cooperative pool nor an event loop. A process that is killed at any moment finds every record again that
/// ``JournalConfiguration/durability`` promised; what is gone is counted in a gap record.
///
/// One process has a journal at a time, until ``close()``. Memory is bounded by ``JournalConfiguration/pendingBytes``, disk by
/// ``JournalConfiguration/capacityBytes``.
package final class Journal: Sendable {
    /// Where the segments are.
    package let directory: String
    /// How records are kept.
    package let configuration: JournalConfiguration
    /// What was gone when the journal was opened; nil when nothing was.
    ///
    /// The same stands in a gap record.
    package let recoveredGap: JournalGap?

    let state: Mutex<JournalState>
    let acknowledged: PositionFile
    /// Signalled when the writer is idle and there is work, or the journal closes.
    let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)
    private let lockFile: File

    /// Opens or makes a journal, cuts a torn tail and says what was lost.
    ///
    /// - Throws: `.inUse` when another process has it, `.foreign` for a format of another version, `.system`.
    /// - Complexity: O(bytes of the last segment).
    package init(directory: String, configuration: JournalConfiguration = JournalConfiguration()) throws(JournalError) {
        self.directory = directory
        self.configuration = configuration
        try Folder.create(directory)
        lockFile = try File("\(directory)/lock", flags: O_RDWR | O_CREAT)
        guard lockFile.lock() else {
            throw JournalError(
                .inUse,
                "another process has the journal \(directory)",
                remedy: "Stop that process, or give this one another state directory"
            )
        }
        acknowledged = try PositionFile("\(directory)/acknowledged")
        let recovery = try JournalRecovery.run(in: directory, acknowledged: acknowledged.found)
        recoveredGap = recovery.gap
        state = Mutex(JournalState(recovery: recovery))
        acknowledged.position = state.withLock { $0.committed }

        try OwnThread.start { [self] in
            var writer = SegmentWriter(journal: self)
            writer.run()
            stopped.signal()
        }
        if let gap = recovery.gap {
            _ = try enqueue(gap.payload, kind: .gap, receivedAt: nil, completion: nil)
        }
    }

    // MARK: Appending

    /// Appends a record and returns when it is as durable as the configuration promises.
    ///
    /// - Throws: `.full` at the bound, `.tooLarge`, `.system` when the disk refuses, `.closed`.
    package func append(
        _ payload: [UInt8],
        kind: RecordKind = .event,
        receivedAt: Int64? = nil
    ) async throws(JournalError) -> JournalPosition {
        let result: Result<JournalPosition, JournalError> = await withCheckedContinuation { continuation in
            append(payload, kind: kind, receivedAt: receivedAt) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Appends a record without a task: for event loops, which must not wait.
    ///
    /// - Parameter completion: Called once, on the journal's thread or, with durability `none` or an error, on the
    ///   caller's; it must return at once.
    package func append(
        _ payload: [UInt8],
        kind: RecordKind = .event,
        receivedAt: Int64? = nil,
        completion: @escaping @Sendable (Result<JournalPosition, JournalError>) -> Void
    ) {
        do throws(JournalError) {
            let isPromisedNow = configuration.durability == .none
            let position = try enqueue(
                payload,
                kind: kind,
                receivedAt: receivedAt,
                completion: isPromisedNow ? nil : completion
            )
            if isPromisedNow { completion(.success(position)) }
        } catch {
            completion(.failure(error))
        }
    }

    /// Hands a record to the writer and does not wait: what a sender uses that must never be held up.
    ///
    /// - Returns: The position that the record will have.
    /// - Throws: `.full`, `.tooLarge`, `.closed`; a disk that refuses later shows in ``failure``.
    package func enqueue(_ payload: [UInt8], kind: RecordKind = .event) throws(JournalError) -> JournalPosition {
        try enqueue(payload, kind: kind, receivedAt: nil, completion: nil)
    }

    private func enqueue(
        _ payload: [UInt8],
        kind: RecordKind,
        receivedAt: Int64?,
        completion: (@Sendable (Result<JournalPosition, JournalError>) -> Void)?
    ) throws(JournalError) -> JournalPosition {
        let size = SegmentFormat.recordHeaderBytes + payload.count
        guard size <= configuration.capacityBytes / 4, payload.count < Int(UInt32.max) else {
            throw JournalError(
                .tooLarge,
                "a record of \(payload.count) bytes in a journal of \(configuration.capacityBytes)",
                remedy: "Send smaller events, or raise the journal's capacity"
            )
        }
        let now = receivedAt ?? Self.now()
        let result = state.withLock { state -> Result<(JournalPosition, Bool), JournalError> in
            guard !state.isClosed else {
                return .failure(Self.closed(directory))
            }
            let needed = state.segmentBytes + state.pendingBytes + size + SegmentFormat.headerBytes
            guard needed <= configuration.capacityBytes, state.pendingBytes + size <= configuration.pendingBytes else {
                return .failure(
                    JournalError(
                        .full,
                        "the journal \(directory) holds \(state.segmentBytes) of \(configuration.capacityBytes) bytes, "
                            + "\(state.pendingBytes) more wait to be written",
                        remedy: "Wait until its reader has caught up, or raise its capacity"
                    )
                )
            }
            let position = state.next
            state.next = JournalPosition(rawValue: position.rawValue + 1)
            state.latestTime = max(state.latestTime, now)  // time never runs backwards in a journal
            state.pending.append(
                PendingRecord(
                    record: JournalRecord(
                        position: position,
                        receivedAt: state.latestTime,
                        kind: kind,
                        payload: payload
                    ),
                    completion: completion
                )
            )
            state.pendingBytes += size
            if configuration.durability == .none { acknowledged.position = position }
            let mustWake = state.isWriterIdle
            state.isWriterIdle = false
            return .success((position, mustWake))
        }
        let (position, mustWake) = try result.get()
        if mustWake { wake.signal() }
        return position
    }

    // MARK: Reading

    /// The bytes of all segments on disk.
    package var bytes: Int { state.withLock { $0.segmentBytes } }
    /// The last record that can be read; ``JournalPosition/start`` when none was ever appended.
    package var last: JournalPosition { state.withLock { $0.committed } }
    /// The first record that is still kept, or the one that comes next when none is.
    package var first: JournalPosition {
        state.withLock { $0.segments.first?.first ?? JournalPosition(rawValue: $0.committed.rawValue + 1) }
    }
    /// The last refusal of the disk, nil while writing works.
    package var failure: JournalError? { state.withLock { $0.failure } }

    /// Reads committed records after a position, in order; empty when there are none yet.
    ///
    /// Where records are broken on disk the next whole segment goes on, after a gap record that counts them. Reads go
    /// through the page cache on the caller's thread, at most `maximumBytes` (or one record) at a time.
    package func read(
        after position: JournalPosition,
        limit: Int,
        maximumBytes: Int = 4 << 20
    ) throws(JournalError) -> [JournalRecord] {
        let (segments, end, committed) = state.withLock { ($0.segments, $0.activeEnd, $0.committed) }
        guard position < committed, !segments.isEmpty else { return [] }
        var index = segments.lastIndex { $0.first.rawValue <= position.rawValue + 1 } ?? 0
        var records: [JournalRecord] = []
        var bytes = 0
        var after = position
        while index < segments.count, records.count < limit, bytes < maximumBytes {
            let isActive = index == segments.count - 1
            let segment = segments[index]
            let segmentEnd = isActive ? end : try segment.file.size()
            let ending = try segment.walk(after: after, end: segmentEnd) { record, _ in
                records.append(record)
                bytes += record.payload.count
                after = record.position
                return records.count < limit && bytes < maximumBytes
            }
            let last = isActive ? committed : JournalPosition(rawValue: segments[index + 1].first.rawValue - 1)
            if case .broken = ending, after < last {
                after = max(after, JournalPosition(rawValue: segment.first.rawValue - 1))
                records.append(
                    Self.gap(after: after, through: last, receivedAt: records.last?.receivedAt ?? segment.createdAt)
                )
                after = last
            }
            index += 1
        }
        return records
    }

    /// Waits until there is a record after a position.
    ///
    /// - Throws: `CancellationError`; `.closed` when none will come any more.
    package func waitForRecords(after position: JournalPosition) async throws {
        let ticket = state.withLock { $0.takeTicket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer = state.withLock { state -> Result<Void, any Error>? in
                    if state.committed > position { return .success(()) }
                    if state.cancelledTickets.remove(ticket) != nil { return .failure(CancellationError()) }
                    if state.isClosed {
                        return .failure(Self.closed(directory))
                    }
                    state.waiters[ticket] = Waiter(after: position, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let waiter = state.waiters.removeValue(forKey: ticket) { return waiter }
                state.cancelledTickets.insert(ticket)
                return nil
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        _ = state.withLock { $0.cancelledTickets.remove(ticket) }
    }

    /// All records after a position, and then each as it is committed; ends when the journal closes.
    package func records(after position: JournalPosition) -> JournalRecords {
        JournalRecords(journal: self, after: position)
    }

    // MARK: Discarding and closing

    /// Removes the segments that hold nothing after a position.
    ///
    /// The segment being written always stays.
    package func discard(through position: JournalPosition) throws(JournalError) {
        let removed = state.withLock { state in
            let keep = state.segments.indices.first { index in
                index == state.segments.count - 1 || state.segments[index + 1].first.rawValue > position.rawValue + 1
            }
            let removed = Array(state.segments.prefix(keep ?? 0))
            state.segments.removeFirst(removed.count)
            return removed
        }
        for segment in removed {
            let size = try segment.file.size()
            try Folder.remove(segment.file.path)
            state.withLock { $0.segmentBytes -= size }
        }
    }

    /// Writes what waits, syncs, and lets the writer end.
    ///
    /// Appends fail afterwards; reads go on.
    package func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        wake.signal()
        stopped.wait()
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.continuation.resume(throwing: Self.closed(directory)) }
        lockFile.unlock()
    }

    /// The record that stands for broken ones; it has the position of the last of them.
    private static func gap(after: JournalPosition, through last: JournalPosition, receivedAt: Int64) -> JournalRecord {
        let gap = JournalGap(
            records: last.rawValue - after.rawValue,
            first: JournalPosition(rawValue: after.rawValue + 1),
            last: last,
            bytes: 0
        )
        return JournalRecord(position: last, receivedAt: receivedAt, kind: .gap, payload: gap.payload)
    }

    private static func closed(_ directory: String) -> JournalError {
        JournalError(.closed, "the journal \(directory) is closed", remedy: "Start the process again")
    }

    /// Nanoseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
