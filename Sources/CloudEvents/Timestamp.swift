import Glibc

/// A moment, to the nanosecond, between the years 1677 and 2262.
///
/// Its text is that of RFC 3339, always in UTC when written.
public struct Timestamp: Sendable, Hashable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var nanoseconds: Int64

    /// The moment that many nanoseconds after the beginning of 1970 in UTC.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment that many seconds after the beginning of 1970 in UTC; moments out of range are clamped.
    public init(seconds: Double) {
        let nanoseconds = (seconds * 1e9).rounded()
        self.nanoseconds = Int64(exactly: nanoseconds) ?? (nanoseconds < 0 ? .min : .max)
    }

    /// Seconds since the beginning of 1970 in UTC.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The present by the system's clock.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension Timestamp: Comparable {
    /// Whether the left moment is the earlier one.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Timestamp {
    /// The moment after a duration; clamped at the ends of the range.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflows) = moment.nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
        return Timestamp(nanoseconds: overflows ? (duration < .zero ? .min : .max) : sum)
    }

    /// The moment before a duration; clamped at the ends of the range.
    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        moment + (.zero - duration)
    }

    /// The time from the right moment to the left one.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
    }

    /// Moves the moment by a duration.
    public static func += (moment: inout Timestamp, duration: Duration) { moment = moment + duration }

    /// Moves the moment back by a duration.
    public static func -= (moment: inout Timestamp, duration: Duration) { moment = moment - duration }
}

extension Duration {
    /// The duration in nanoseconds, clamped to 64 bits.
    fileprivate var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsToo) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || overflowsToo ? (self < .zero ? .min : .max) : sum
    }
}

extension Timestamp: Codable {
    /// Reads the RFC 3339 text.
    public init(from decoder: any Decoder) throws {
        try self.init(rfc3339: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the RFC 3339 text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The RFC 3339 text.
    public var description: String { rfc3339 }
}
