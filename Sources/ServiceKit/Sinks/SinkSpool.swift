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
                capacityBytes: bytes + bytes / 16
            )
        )
        cursorFile = try PositionFile("\(directory)/cursor")
        fullBytes = bytes
        self.metrics = metrics
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

    /// Keeps an event, thinned or dropped when there is no room; never waits.
    ///
    /// - Parameter completion: Called once, when the event is as durable as promised or will never be.
    func offer(
        _ event: CloudEvent,
        encoded: [UInt8],
        cause: Cause?,
        completion: @escaping @Sendable () -> Void
    ) {
        if let cause {
            let isRepetition = lastCause.withLock { last in
                guard last < cause else { return true }
                last = cause
                return false
            }
            if isRepetition { return completion() }
        }
        let isFull = journal.bytes + encoded.count > fullBytes
        let thinned = isFull && event.data != nil ? Self.thinned(event, cause: cause) : nil
        journal.append(thinned ?? encoded) { [metrics] result in
            switch result {
            case .success: if thinned != nil { metrics.count(.thinned) }
            case .failure: metrics.count(.dropped)
            }
            completion()
        }
    }

    /// The event without its data, which says so.
    private static func thinned(_ event: CloudEvent, cause: Cause?) -> [UInt8]? {
        guard var thin = try? event.replacingData(nil, contentType: nil) else { return nil }
        guard (try? thin.setExtension("dataomitted", to: .string("spool-full"))) != nil else { return nil }
        return EventRecord.encode(number: cause?.position ?? 0, index: cause?.index ?? 0, event: thin)
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
