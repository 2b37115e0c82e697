/// Whether a server that did not answer is asked again yet.
///
/// A caller that waits for a dead server holds up what it does besides; so after a call that got no answer the next ones
/// fail at once for a while, twice as long each time, until one gets through.
package struct ServerHealth: Sendable {
    private var failures = 0
    private var restsUntil: ContinuousClock.Instant?

    /// The first rest, and the longest.
    package static let rests = (first: Duration.seconds(1), longest: Duration.seconds(30))

    package init() {}

    /// How long the server is still left alone; nil when it may be asked.
    package func rest(at now: ContinuousClock.Instant) -> Duration? {
        guard let restsUntil, restsUntil > now else { return nil }
        return restsUntil - now
    }

    /// A call got an answer, whatever it was.
    package mutating func answered() {
        failures = 0
        restsUntil = nil
    }

    /// A call got none, with its repetitions.
    package mutating func stayedSilent(at now: ContinuousClock.Instant) {
        let rest = min(Self.rests.first * (1 << min(failures, 10)), Self.rests.longest)
        failures += 1
        restsUntil = now + rest
    }
}
