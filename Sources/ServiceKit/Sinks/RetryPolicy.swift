package import CloudEvents

/// What a sink answered.
package enum SinkAnswer: Sendable, Hashable {
    /// A status, and how long the sink asks to wait.
    case status(Int, retryAfter: Duration?)
    /// There was no answer, and why.
    case unreachable(String)
}

/// What an answer means, and when to try again.
///
/// No clock and no I/O.
package struct RetryPolicy: Sendable {
    package enum Verdict: Sendable, Hashable {
        case delivered
        /// Try again, not before this long.
        case retry(after: Duration)
        /// The sink refuses us, not the event: wait without counting an attempt.
        case pause(Duration)
        /// The batch is too large; its halves may not be.
        case split
        /// It will never be taken.
        case deadLetter(reason: String, code: Int?)
    }

    /// Attempts before an event is given up.
    package var attempts: Int
    /// Age at which an event is given up.
    package var lifetime: Duration
    package var firstDelay: Duration
    package var longestDelay: Duration
    package var pause: Duration

    package init(
        attempts: Int = 20,
        lifetime: Duration = .seconds(24 * 3600),
        firstDelay: Duration = .milliseconds(250),
        longestDelay: Duration = .seconds(300),
        pause: Duration = .seconds(30)
    ) {
        self.attempts = attempts
        self.lifetime = lifetime
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.pause = pause
    }

    /// Judges an answer.
    ///
    /// - Parameters:
    ///   - attempt: Which attempt it answers, 1 for the first.
    ///   - age: How long the oldest event of the request has waited.
    ///   - isBatch: Whether the request held more than one event.
    ///   - jitter: A random number in 0..<1, so that senders do not come back together.
    package func verdict(
        on answer: SinkAnswer,
        attempt: Int,
        age: Duration,
        isBatch: Bool,
        jitter: Double
    ) -> Verdict {
        switch answer {
        case .status(200..<300, _):
            return .delivered
        case .status(401, _), .status(403, _):
            return .pause(pause)
        case .status(413, _) where isBatch:
            return .split
        case .status(let status, let retryAfter):
            guard [404, 408, 409, 429].contains(status) || status >= 500 else {
                return .deadLetter(reason: "refused", code: status)
            }
            guard attempt < attempts, age < lifetime else { return .deadLetter(reason: "exhausted", code: status) }
            return .retry(after: max(delay(attempt, jitter), min(retryAfter ?? .zero, .seconds(3600))))
        case .unreachable:
            guard attempt < attempts, age < lifetime else { return .deadLetter(reason: "unreachable", code: nil) }
            return .retry(after: delay(attempt, jitter))
        }
    }

    /// Twice as long each time, between half of it and all of it.
    private func delay(_ attempt: Int, _ jitter: Double) -> Duration {
        var delay = firstDelay
        for _ in 1..<max(2, attempt) where attempt > 1 && delay < longestDelay { delay *= 2 }
        return min(delay, longestDelay) * (0.5 + 0.5 * jitter)
    }
}

/// Reads the `Retry-After` header.
package enum RetryAfter {
    /// Seconds, or a date in the form of RFC 9110, section 5.6.7; nil when it is neither.
    package static func duration(_ text: String, now: Timestamp) -> Duration? {
        if let seconds = UInt32(text) { return .seconds(Int(seconds)) }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let digits = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        guard let date = try? Timestamp(rfc3339: "\(parts[3])-\(digits)-\(parts[1])T\(parts[4])Z") else { return nil }
        return max(.zero, date - now)
    }
}
