import CloudEvents
import EventStore
import Journal
import Logging
import ServiceLifecycle

/// How long what is kept.
struct Retention: Sendable {
    /// What requests and responses held.
    var payloads: Duration
    /// Everything else of events, and exchanges.
    var rows: Duration
    /// Counts by the day.
    var counts: Duration
    /// How much there may be of it.
    var bytes: Int
}

/// Keeps the store within its bounds, lets go of what the journal no longer needs, and reads the gauges.
struct Housekeeper: Service {
    let store: any EventStore
    let journal: Journal
    let tail: StoreTail
    let metrics: RequestLoggerMetrics
    let retention: Retention
    let logger: Logger

    static let interval = Duration.seconds(5)
    /// How many events one transaction deletes, so that the writer is never held for long.
    static let trimLimit = 5000

    /// Looks every few seconds, and after whatever changes an alert, until a graceful stop.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await keep()
                } catch is CancellationError where Task.isCancelled {
                    break  // a stop, or a start that failed elsewhere
                } catch {
                    logger.error("the store cannot be kept in bounds", metadata: ["error": "\(error)"])
                }
                tail.signal()  // live feeds send a sign of life
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func keep() async throws {
        let position = try await store.makeDurable()
        try journal.discard(through: JournalPosition(rawValue: position))
        try await trim(now: .now())
        try await metrics.refresh(from: store)
    }

    /// Deletes what is too old, payloads before rows before counts; then the oldest until the bytes are within the bound.
    func trim(now: Timestamp) async throws {
        if retention.payloads < retention.rows {  // else they go with their rows
            while try await store.dropPayloads(arrivedBefore: now - retention.payloads, limit: Self.trimLimit) > 0 {}
        }
        var deleted = 0
        while case let count = try await store.trim(arrivedBefore: now - retention.rows, limit: Self.trimLimit),
            count > 0
        {
            deleted += count
        }
        for unit in TrafficUnit.allCases {
            try await store.trimTraffic(before: now - (unit.lifetime ?? retention.counts), unit: unit)
        }
        while try await store.bytes() > Int64(retention.bytes) {
            let count = try await store.trim(arrivedBefore: now, limit: Self.trimLimit)
            guard count > 0 else { break }
            deleted += count
        }
        if deleted > 0 { logger.notice("old events deleted", metadata: ["events.count": "\(deleted)"]) }
    }
}
