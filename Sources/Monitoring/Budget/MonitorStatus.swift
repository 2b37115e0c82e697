package import CloudEvents
package import Methods

/// What a monitor says of its traffic, and how it gets from one answer to the next.
///
///     learning ──first look──► ok ──alarm──► alarm ──look without drift──► recovering ──recover_after in a row──► ok
///                                              ▲                               │
///                                              └──────────── alarm ────────────┘
///
/// Alarms start at the strict level that the budget allows and end only when the test's own, milder answer is clean
/// `recover_after` times in a row, so a monitor on the edge does not flap. For `cool_down` after the end of an alarm none
/// begins: a look that would begin one is shown as recovering, and drift that lasts alarms when the time is over. `insufficient` and `error` are answers to one look and leave the state
/// underneath as it was: an open alarm is not ended by a window that could not be read.
package struct MonitorStatus: Sendable, Equatable {
    /// The status of the last look.
    package private(set) var shown: VerdictStatus = .learning
    private var settled: VerdictStatus = .learning
    private var cleanLooks = 0
    /// When the last alarm ended.
    private var endedAt: Timestamp?

    package init() {}

    /// Takes in a look that could be judged.
    ///
    /// - Parameters:
    ///   - isDrift: The test's own answer at `p_val`.
    ///   - isAlarm: Whether the level of the budget was passed, and the effect is large enough.
    ///   - time: The time of the look; without it nothing cools down.
    ///   - rules: When alarms end, and come back.
    /// - Returns: True when this look raised an alarm that was not standing before.
    @discardableResult
    package mutating func judge(
        isDrift: Bool,
        isAlarm: Bool,
        at time: Timestamp? = nil,
        by rules: AlertConfiguration = .standard
    ) -> Bool {
        let stood = settled == .alarm
        if isAlarm, settled == .ok, let endedAt, let time, time < endedAt + rules.coolDown {
            cleanLooks = 0
            shown = .recovering
            return false
        }
        if isAlarm {
            settled = .alarm
        } else {
            cleanLooks = isDrift ? 0 : cleanLooks + 1
            switch settled {
            case .alarm where !isDrift: settled = .recovering
            case .alarm: break
            case .recovering: break
            default: settled = .ok
            }
            if settled == .recovering, cleanLooks >= rules.recoverAfter {
                settled = .ok
                endedAt = time
            }
        }
        if isAlarm { cleanLooks = 0 }
        shown = settled
        return isAlarm && !stood
    }

    /// Takes in a look that had too few rows, or too many that could not be read.
    package mutating func lackRows() { shown = .insufficient }

    /// Takes in a look whose test failed.
    package mutating func fail() { shown = .error }
}

extension MonitorStatus {
    package func write(to writer: inout StateWriter) {
        writer.write(shown.rawValue)
        writer.write(settled.rawValue)
        writer.write(cleanLooks)
        writer.write(endedAt) { $0.write($1) }
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        shown = VerdictStatus(rawValue: try reader.readString()) ?? .learning
        settled = VerdictStatus(rawValue: try reader.readString()) ?? .learning
        cleanLooks = try reader.readInt()
        endedAt = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
