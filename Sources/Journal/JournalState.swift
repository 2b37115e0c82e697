/// What appenders, readers and the writer share, under the journal's lock.
struct JournalState: Sendable {
    /// In order of their first position; the last is the one being written.
    var segments: [Segment]
    /// The committed bytes of the last segment.
    var activeEnd: Int
    /// The bytes of all segments.
    var segmentBytes: Int
    /// The last of the records that readers may see.
    var tail: JournalTail
    /// The last position that readers may see.
    var committed: JournalPosition
    /// The position that the next append gets.
    var next: JournalPosition
    /// The latest time of any record, in nanoseconds since 1970.
    var latestTime: Int64

    /// What waits for the writer, and how many bytes it will have on disk.
    var pending: [PendingRecord] = []
    var pendingBytes = 0
    /// The writer sleeps until somebody wakes it.
    var isWriterIdle = false
    var isClosed = false
    var failure: JournalError?

    /// Readers at the tail.
    var waiters: [UInt64: Waiter] = [:]
    var cancelledTickets: Set<UInt64> = []
    private var nextTicket: UInt64 = 0

    init(recovery: JournalRecovery, tailBytes: Int) {
        segments = recovery.segments
        activeEnd = recovery.activeEnd
        segmentBytes = recovery.bytes
        committed = recovery.last
        tail = JournalTail(after: recovery.last, limit: tailBytes)
        next = JournalPosition(rawValue: max(recovery.last.rawValue, recovery.gap?.last.rawValue ?? 0) + 1)
        latestTime = recovery.latestTime
    }

    /// Whether a record of so many bytes may join those that wait; one that is larger than the bound waits alone.
    func mayWait(_ bytes: Int, _ configuration: JournalConfiguration) -> Bool {
        pendingBytes == 0 || pendingBytes + bytes <= configuration.pendingBytes
    }

    /// Whether the writer sleeps with work to do; whoever asks wakes it.
    mutating func takeWake() -> Bool {
        guard isWriterIdle, !pending.isEmpty else { return false }
        isWriterIdle = false
        return true
    }

    mutating func takeTicket() -> UInt64 {
        nextTicket += 1
        return nextTicket
    }

    /// Takes the readers that a commit woke.
    mutating func takeWokenWaiters() -> [Waiter] {
        let woken = waiters.filter { $0.value.after < committed }
        for ticket in woken.keys { waiters[ticket] = nil }
        return Array(woken.values)
    }
}

/// A record on its way to the disk.
struct PendingRecord: Sendable {
    /// Who is told how it went.
    enum Completion: Sendable {
        case none
        case call(@Sendable (Result<JournalPosition, JournalError>) -> Void)
        /// The record with this index of a call with many.
        case tally(AppendTally, Int)
        /// The record with this index of some that came together.
        case group(AppendGroup, Int)
    }

    var record: JournalRecord
    var completion: Completion

    func finish(failure: JournalError?) {
        switch completion {
        case .none: break
        case .call(let call): call(failure.map { .failure($0) } ?? .success(record.position))
        case .tally(let tally, let index): tally.settle(index, isKept: failure == nil)
        case .group(let group, let index): group.settle(index, failure)
        }
    }
}

/// A reader that waits for a record after a position.
struct Waiter: Sendable {
    var after: JournalPosition
    var continuation: CheckedContinuation<Void, any Error>
}
