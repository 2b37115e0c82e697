package import CloudEvents

/// How finely exchanges are counted as they come: in each unit, so that a page adds up some hundred rows whatever it shows.
package enum TrafficUnit: Int64, Sendable, Hashable, CaseIterable {
    case minute = 60
    case fiveMinutes = 300
    case hour = 3600
    case day = 86_400

    package var seconds: Int64 { rawValue }

    /// How long its counts are kept; nil for those that stay as long as the settings say.
    package var lifetime: Duration? {
        switch self {
        case .minute: .seconds(86_400)
        case .fiveMinutes: .seconds(8 * 86_400)
        case .hour: .seconds(35 * 86_400)
        case .day: nil
        }
    }

    /// The coarsest unit that a step is made of.
    package init(of step: Duration) {
        self = Self.allCases.last { step.components.seconds.isMultiple(of: $0.seconds) } ?? .minute
    }

    /// In seconds since 1970, where the unit begins that a time is in.
    package func start(of time: Timestamp) -> Int64 {
        let second = time.nanoseconds / 1_000_000_000 - (time.nanoseconds % 1_000_000_000 < 0 ? 1 : 0)
        let rest = second % seconds
        return second - (rest < 0 ? rest + seconds : rest)
    }
}
