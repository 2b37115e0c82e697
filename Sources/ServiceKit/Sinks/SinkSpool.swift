import CloudEvents
import Journal
import Synchronization

/// What waits for one sink, on disk, and where the sink has got to.
///
/// Each sink has a spool of its own, so a dead one fills nobody else's. When it is full, events lose their data, and in
/// the last part of it they are dropped; both are counted exactly.
final class SinkSpool: Sendable {
    let journal: Journal
    private let cursorFile: PositionFile
    private let fullBytes: Int
    private let metrics: SinkMetrics
    /// The cause and index of the last event that was taken, so that a consumer that repeats itself after a kill does
    /// not send twice.
    private let lastCause: Mutex<Cause>

    struct Cause: Comparable {
        var position: UInt64
        var index: UInt32

        static func < (left: Cause, right: Cause) -> Bool {
            (left.position, left.index) < (right.position, right.index)
        }
    }

    init(directory: String, durability: Durability, commitInterval: Duration, bytes: Int, metrics: SinkMetrics) throws {
        // A sixteenth more, for events without their data.
        journal = try Journal(
            directory: directory,
            configuration: JournalConfiguration(
                durability: durability,
                commitInterval: commitInterval,
                capacityBytes: bytes + bytes / 16,
                pendingBytes: 4 << 20,
                // What full traffic brings in some 50 ms: deliveries give way, and lag as far behind on a busy machine.
                tailBytes: 12 << 20
            )
        )
        cursorFile = try PositionFile("\(directory)/cursor")
        fullBytes = bytes
        self.metrics = metrics
        if let gap = journal.recoveredGap { metrics.count(.dropped, Int(clamping: gap.records)) }
        lastCause = Mutex(Cause(position: 0, index: 0))
        let found = try Self.findLastCause(in: journal)
        lastCause.withLock { $0 = found }
    }

    /// Where the sink has got to.
    var cursor: JournalPosition {
        get { cursorFile.position }
        set { cursorFile.position = newValue }
    }

    /// The bytes that the sink has not got yet are at most these.
    var bytes: Int { journal.bytes }

    /// How many events have come after a position.
    func waiting(after cursor: JournalPosition) -> Int {
        Int(clamping: max(journal.last, cursor).rawValue - cursor.rawValue)
    }

    /// What it would keep of an event that comes now.
    var room: SpoolRoom {
        let bytes = journal.bytes
        if bytes < fullBytes { return .everything }
        return bytes + Self.thinBytes < journal.configuration.capacityBytes ? .attributes : .nothing
    }
    /// About as large as an event without data is.
    private static let thinBytes = 4 << 10

    /// Keeps events, thinned or dropped where there is no room; returns when those that are kept are as durable as
    /// promised.
    func keep(_ events: [OfferedEvent]) async {
        var bytes = journal.bytes
        var wasThinned: [Bool] = []
        var payloads: [[UInt8]] = []
        for event in events where isNew(event.cause) {
            let isFull = bytes + event.record.count > fullBytes
            let thinned = isFull && event.hasData ? event.thinnedRecord() : nil
            wasThinned.append(thinned != nil || event.isThinned)
            payloads.append(thinned ?? event.record)
            bytes += payloads.last?.count ?? 0
        }
        let kept = await journal.append(contentsOf: payloads)
        metrics.count(.dropped, kept.count { !$0 })
        metrics.count(.thinned, zip(kept, wasThinned).count { $0 && $1 })
    }

    /// Whether a consumer that repeats itself has not offered this before.
    private func isNew(_ cause: Cause?) -> Bool {
        guard let cause else { return true }
        return lastCause.withLock { last in
            guard last < cause else { return false }
            last = cause
            return true
        }
    }

    /// The journal never discards its last segment, so its last record is always there to ask.
    private static func findLastCause(in journal: Journal) throws -> Cause {
        var cause = Cause(position: 0, index: 0)
        var position = JournalPosition(rawValue: max(journal.last.rawValue, 1) - 1)
        while true {
            let records = try journal.read(after: position, limit: 64)
            guard let last = records.last else { return cause }
            for record in records where record.kind == .event {
                let event = try EventRecord(record.payload)
                cause = max(cause, Cause(position: event.number, index: event.index))
            }
            position = last.position
        }
    }
}
