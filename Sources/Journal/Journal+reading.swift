import Synchronization

/// What a journal gives to its readers, and what they no longer need.
extension Journal {
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
    /// The last records come from memory. For others the file is read, through the page cache and on the caller's
    /// thread; where records are broken on disk the next whole segment goes on, after a gap record that counts them.
    /// At most `maximumBytes` (or one record) at a time.
    package func read(
        after position: JournalPosition,
        limit: Int,
        maximumBytes: Int = 4 << 20
    ) throws(JournalError) -> [JournalRecord] {
        let (tail, segments, end, committed) = state.withLock { state in
            let tail = state.tail.records(after: position, limit: limit, maximumBytes: maximumBytes)
            return (tail, tail == nil ? state.segments : [], state.activeEnd, state.committed)
        }
        if let tail { return tail }
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

    /// Removes the segments that hold nothing after a position.
    ///
    /// The segment being written always stays.
    package func discard(through position: JournalPosition) throws(JournalError) {
        let removed = state.withLock { state in
            let keep = state.segments.indices.first { index in
                index == state.segments.count - 1 || state.segments[index + 1].first.rawValue > position.rawValue + 1
            }
            state.tail.discard(through: position)
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
}
