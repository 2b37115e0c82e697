package import CloudEvents
package import Methods

/// Notices that a model has traffic and a monitor sees no rows of it.
///
/// With `max_silence = "auto"` the stretch is twenty times the mean time between two events that brought rows, and at
/// least five minutes; five minutes for a monitor that never had any. It is told once, until rows come again.
package struct SilenceWatch: Sendable, Equatable {
    private static let automaticFactor = 20.0
    private static let automaticLeast: Duration = .seconds(300)
    /// The weight of the newest gap in the mean.
    private static let smoothing = 0.05

    /// How long no rows may come.
    package let rule: AlertConfiguration.Silence

    private var firstTraffic: Timestamp?
    private var lastRows: Timestamp?
    private var lastTraffic: Timestamp?
    private var meanGapSeconds: Double?
    private var isTold = false

    /// A silence that has lasted too long.
    package struct Gap: Sendable, Equatable {
        /// When rows last came, or the traffic began of which none ever did.
        package let since: Timestamp
        /// When it was noticed.
        package let until: Timestamp
    }

    package init(rule: AlertConfiguration.Silence) {
        self.rule = rule
    }

    /// Takes note of an event of the model, whatever it brought.
    package mutating func sawTraffic(at arrival: Timestamp) {
        firstTraffic = firstTraffic ?? arrival
        lastTraffic = arrival
    }

    /// Takes note of an event that brought rows.
    package mutating func sawRows(at arrival: Timestamp) {
        if let lastRows {
            let gap = (arrival - lastRows).inSeconds
            meanGapSeconds = meanGapSeconds.map { $0 + Self.smoothing * (gap - $0) } ?? gap
        }
        lastRows = arrival
        isTold = false
    }

    /// Returns the silence that has become too long, once.
    package mutating func check(at now: Timestamp) -> Gap? {
        guard !isTold, let start = lastRows ?? firstTraffic, let lastTraffic, lastTraffic > start, let limit,
            now - start > limit
        else { return nil }
        isTold = true
        return Gap(since: start, until: now)
    }

    private var limit: Duration? {
        switch rule {
        case .off: nil
        case .after(let duration): duration
        case .automatic:
            max(Self.automaticLeast, .nanoseconds(Int64((meanGapSeconds ?? 0) * Self.automaticFactor * 1e9)))
        }
    }
}

extension SilenceWatch {
    package func write(to writer: inout StateWriter) {
        writer.write(firstTraffic) { $0.write($1) }
        writer.write(lastRows) { $0.write($1) }
        writer.write(lastTraffic) { $0.write($1) }
        writer.write(meanGapSeconds) { $0.write($1) }
        writer.write(isTold)
    }

    package mutating func restore(from reader: inout StateReader) throws(MonitoringError) {
        firstTraffic = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        lastRows = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        lastTraffic = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        meanGapSeconds = try reader.readOptional { reader throws(MonitoringError) in try reader.readDouble() }
        isTold = try reader.readBool()
    }
}
