import Dispatch
import Glibc
import Synchronization

/// An append-only file of records in checksummed segments: the inbox of every consumer and the spool of every sender.
///
/// Appends are gathered and written by a thread of the journal's own (group commit), so they block neither the
/// cooperative pool nor an event loop. A process that is killed at any moment finds every record again that
/// ``JournalConfiguration/durability`` promised; what is gone is counted in a gap record.
///
/// One process has a journal at a time, until ``close()``. Memory is bounded by ``JournalConfiguration/pendingBytes`` and
/// ``JournalConfiguration/tailBytes``, disk by ``JournalConfiguration/capacityBytes``.
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

    /// How long a lock is waited for: a process that was killed lets its files go one after the other.
    private static let lockPatience = Duration.milliseconds(300)

    /// Opens or makes a journal, cuts a torn tail and says what was lost.
    ///
    /// - Throws: `.inUse` when another process has it, `.foreign` for a format of another version, `.system`.
    /// - Complexity: O(bytes of the last segment).
    package init(directory: String, configuration: JournalConfiguration = JournalConfiguration()) throws(JournalError) {
        self.directory = directory
        self.configuration = configuration
        try Folder.create(directory)
        lockFile = try File("\(directory)/lock", flags: O_RDWR | O_CREAT)
        guard lockFile.lock(within: Self.lockPatience) else {
            throw JournalError(
                .inUse,
                "another process has the journal \(directory)",
                remedy: "Stop that process, or give this one another state directory"
            )
        }
        acknowledged = try PositionFile("\(directory)/acknowledged")
        let recovery = try JournalRecovery.run(in: directory, acknowledged: acknowledged.found)
        recoveredGap = recovery.gap
        state = Mutex(JournalState(recovery: recovery, tailBytes: configuration.tailBytes))
        acknowledged.position = state.withLock { $0.committed }

        try OwnThread.start { [self] in
            var writer = SegmentWriter(journal: self)
            writer.run()
            stopped.signal()
        }
        if let gap = recovery.gap {
            _ = try enqueue(gap.payload, kind: .gap, receivedAt: nil, completion: .none)
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

    static func closed(_ directory: String) -> JournalError {
        JournalError(.closed, "the journal \(directory) is closed", remedy: "Start the process again")
    }

    /// Nanoseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
