import Journal
import ServiceKit
import Synchronization

/// As many pieces of heavy work as there are places; one more is refused, so that waiting work never piles up.
package final class Slots: Sendable {
    private let limit: Int
    private let taken = Mutex(0)

    package init(_ limit: Int) {
        self.limit = limit
    }

    /// Does a piece of work that computes for long or waits for a model, in a place and on a thread of its own.
    ///
    /// - Throws: ``ServiceError`` 503 with Retry-After when no place is free; otherwise what the work throws.
    package func runBlocking<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await run { try await OwnThread.run(work) }
    }

    /// Does a piece of work in a place of its own.
    ///
    /// - Throws: ``ServiceError`` 503 with Retry-After when no place is free; otherwise what the work throws.
    package func run<Result: Sendable>(_ work: @Sendable () async throws -> Result) async throws -> Result {
        let isFree = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            throw ServiceError(
                .unavailable,
                "\(limit) requests are being worked on, which is the limit",
                remedy: "Try again shortly, or raise the limit of concurrent work",
                retryAfter: .seconds(1)
            )
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await work()
    }
}
