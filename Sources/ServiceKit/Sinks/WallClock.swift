package import CloudEvents

/// The time of day and waiting for it, so that tests can bring their own.
package struct WallClock: Sendable {
    package var now: @Sendable () -> Timestamp
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The system's clock.
    package static let system = WallClock(now: { .now() }, sleep: { try await Task.sleep(for: $0) })
}
