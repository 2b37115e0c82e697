/// Asks until an answer comes, for as many turns as fit into a time on an idle machine.
///
/// Turns are counted, not time. In a run of everything, long computations may have every thread of the pool for half a
/// minute: a test that watches the clock finds its time over when it is its turn again, though what it waited for
/// happened long ago.
///
/// - Parameters:
///   - time: How long to wait, when nobody else runs.
///   - pause: Between two turns; what is waited for gives no signal of its own.
///   - answer: What is asked for; nil as long as it is not there.
/// - Returns: The answer; nil when every turn was without one.
package func eventually<Answer>(
    isolation: isolated (any Actor)? = #isolation,
    within time: Duration = .seconds(20),
    every pause: Duration = .milliseconds(10),
    _ answer: () async throws -> Answer?
) async throws -> Answer? {
    for _ in 0..<max(1, Int(time / pause)) {
        if let found = try await answer() { return found }
        try await Task.sleep(for: pause)
    }
    return try await answer()
}

/// Waits until a condition holds, as ``eventually(isolation:within:every:_:)`` waits for an answer.
///
/// - Returns: Whether it came to hold.
@discardableResult
package func eventually(
    isolation: isolated (any Actor)? = #isolation,
    within time: Duration = .seconds(20),
    every pause: Duration = .milliseconds(10),
    holds condition: () async throws -> Bool
) async throws -> Bool {
    try await eventually(isolation: isolation, within: time, every: pause) { try await condition() ? true : nil } != nil
}
