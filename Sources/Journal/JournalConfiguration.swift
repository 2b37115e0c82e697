/// What an append waits for before it counts as done.
package enum Durability: String, Sendable, CaseIterable {
    /// For nothing: a kill loses what was not written yet, at most one commit interval, and the gap record says so.
    case none
    /// For the operating system to have it: a kill of the process loses nothing, a loss of power may.
    case os
    /// For the disk to have it.
    case fsync
}

/// How a journal keeps its records.
package struct JournalConfiguration: Sendable {
    /// What an append waits for.
    package var durability: Durability
    /// How long records may wait for others before they are written and made durable.
    ///
    /// With `none` they stay in memory so long, with `fsync` they share a sync. With `os` it is not used: records are
    /// written as soon as the writer is free, and share a write when it is not.
    package var commitInterval: Duration
    /// All segments together are never larger than this many bytes; an append beyond it fails with `.full`.
    package var capacityBytes: Int
    /// A segment is closed when the next record would make it larger than this many bytes; a larger record gets a
    /// segment of its own.
    package var segmentBytes: Int
    /// Records that wait to be written hold at most this many bytes of memory; an append beyond it fails with `.full`.
    package var pendingBytes: Int
    /// The last records stay in memory, at most this many bytes of them, for a reader that keeps up: it reads no file.
    package var tailBytes: Int

    package init(
        durability: Durability = .os,
        commitInterval: Duration = .milliseconds(10),
        capacityBytes: Int = 1 << 30,
        segmentBytes: Int? = nil,
        pendingBytes: Int = 64 << 20,
        tailBytes: Int = 4 << 20
    ) {
        self.durability = durability
        self.commitInterval = commitInterval
        self.capacityBytes = capacityBytes
        // A sixteenth, so that discarding in whole segments keeps a journal near what is still needed.
        self.segmentBytes = segmentBytes ?? min(16 << 20, max(64 << 10, capacityBytes / 16))
        self.pendingBytes = pendingBytes
        self.tailBytes = tailBytes
    }
}
