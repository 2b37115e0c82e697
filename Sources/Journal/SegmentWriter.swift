import Dispatch
import Synchronization

/// The journal's thread: takes what waits, writes it in one go, makes it durable, and says so to those who wait.
struct SegmentWriter {
    let journal: Journal
    private var buffer: [UInt8] = []
    private var lastCommit = DispatchTime(uptimeNanoseconds: 0)

    /// One write call carries at most about this many bytes.
    private static let writeBytes = 4 << 20

    init(journal: Journal) {
        self.journal = journal
    }

    /// Works until the journal is closed and nothing waits.
    mutating func run() {
        while true {
            let (batch, isClosed) = journal.state.withLock { state in
                let batch = state.pending
                state.pending = []
                state.isWriterIdle = batch.isEmpty && !state.isClosed
                return (batch, state.isClosed)
            }
            if batch.isEmpty {
                if isClosed { return }
                journal.wake.wait()
                gather()
                continue
            }
            commit(batch)
        }
    }

    /// Waits for others to join the commit, as long as the configuration says.
    private func gather() {
        let interval = journal.configuration.commitInterval.nanoseconds
        guard journal.configuration.durability != .os, interval > 0 else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        let due = lastCommit.uptimeNanoseconds &+ UInt64(interval)
        let wait = journal.configuration.durability == .none ? interval : (due > now ? Int64(due - now) : 0)
        guard wait > 0, !journal.state.withLock({ $0.isClosed }) else { return }
        _ = journal.wake.wait(timeout: .now() + .nanoseconds(Int(wait)))  // a close ends the wait
    }

    /// Writes records in order, each stretch of them into one segment.
    private mutating func commit(_ batch: [PendingRecord]) {
        var start = 0
        while start < batch.count {
            let result: Result<Int, JournalError>
            do throws(JournalError) {
                result = .success(try write(batch[start...]))
            } catch {
                result = .failure(error)
            }
            switch result {
            case .success(let end):
                finish(batch[start..<end], failure: nil)
                start = end
            case .failure(let error):
                // The rest of the batch is refused; positions go on, so those of the refused records stay unused.
                finish(batch[start...], failure: error)
                start = batch.count
            }
        }
        lastCommit = .now()
    }

    /// Writes as many of the records as fit the current segment and one call; returns the index after the last.
    private mutating func write(_ records: ArraySlice<PendingRecord>) throws(JournalError) -> Int {
        guard let firstRecord = records.first?.record else { return records.endIndex }
        let (segment, offset) = try activeSegment(for: firstRecord)
        buffer.removeAll(keepingCapacity: true)
        var end = records.startIndex
        while end < records.endIndex, buffer.count < Self.writeBytes {
            let record = records[end].record
            let size = SegmentFormat.recordHeaderBytes + record.payload.count
            guard end == records.startIndex || offset + buffer.count + size <= journal.configuration.segmentBytes else {
                break
            }
            segment.mark(record.position, at: offset + buffer.count)
            SegmentFormat.encode(record, to: &buffer)
            end += 1
        }
        do throws(JournalError) {
            try segment.file.write(buffer, at: offset)
            if journal.configuration.durability == .fsync { try segment.file.synchronise() }
        } catch {
            try segment.file.truncate(to: offset)  // half a write must not become a torn record in the middle
            throw error
        }
        let written = buffer.count
        journal.state.withLock { state in
            state.activeEnd = offset + written
            state.segmentBytes += written
        }
        if buffer.capacity > 2 * Self.writeBytes { buffer = [] }
        return end
    }

    /// The segment that takes a record, and where: a new one when the last is full or ends before a gap.
    private func activeSegment(for record: JournalRecord) throws(JournalError) -> (Segment, Int) {
        let size = SegmentFormat.recordHeaderBytes + record.payload.count
        let (active, end, committed) = journal.state.withLock { ($0.segments.last, $0.activeEnd, $0.committed) }
        let isNext = record.position.rawValue == committed.rawValue + 1
        let hasRecords = end > SegmentFormat.headerBytes
        if let active, isNext, !hasRecords || end + size <= journal.configuration.segmentBytes { return (active, end) }

        let segment = try Segment.create(in: journal.directory, first: record.position, createdAt: record.receivedAt)
        if journal.configuration.durability == .fsync { try Folder.synchronise(journal.directory) }
        journal.state.withLock { state in
            state.segments.append(segment)
            state.activeEnd = SegmentFormat.headerBytes
            state.segmentBytes += SegmentFormat.headerBytes
        }
        return (segment, SegmentFormat.headerBytes)
    }

    /// Tells appenders and readers how it went.
    private func finish(_ records: ArraySlice<PendingRecord>, failure: JournalError?) {
        let bytes = records.reduce(0) { $0 + SegmentFormat.recordHeaderBytes + $1.record.payload.count }
        let woken = journal.state.withLock { state -> [Waiter] in
            state.pendingBytes -= bytes
            state.failure = failure
            guard failure == nil, let last = records.last?.record.position else { return [] }
            for record in records { state.tail.append(record.record) }
            state.committed = last
            if journal.configuration.durability != .none { journal.acknowledged.position = last }
            return state.takeWokenWaiters()
        }
        for record in records { record.finish(failure: failure) }
        for waiter in woken { waiter.continuation.resume() }
    }
}

extension Duration {
    /// Whole nanoseconds, cut off at what 64 bits hold.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
