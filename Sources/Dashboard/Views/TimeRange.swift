package import CloudEvents
import EventStore

/// How far back a page looks.
package enum TimeRange: String, Sendable, Hashable, CaseIterable {
    case quarter = "15m"
    case hour = "1h"
    case sixHours = "6h"
    case day = "24h"
    case week = "7d"
    case month = "30d"
    case year = "365d"

    package var seconds: Int {
        switch self {
        case .quarter: 900
        case .hour: 3600
        case .sixHours: 6 * 3600
        case .day: 86400
        case .week: 7 * 86400
        case .month: 30 * 86400
        case .year: 365 * 86400
        }
    }

    /// In words.
    var words: String {
        switch self {
        case .quarter: "15 minutes"
        case .hour: "hour"
        case .sixHours: "6 hours"
        case .day: "24 hours"
        case .week: "7 days"
        case .month: "30 days"
        case .year: "year"
        }
    }

    /// How long the steps are that its charts divide it into.
    package var step: Duration {
        switch self {
        case .quarter, .hour: .seconds(60)
        case .sixHours: .seconds(300)
        case .day: .seconds(1800)
        case .week: .seconds(3 * 3600)
        case .month: .seconds(12 * 3600)
        case .year: .seconds(5 * 86400)
        }
    }

    /// How many they are.
    package var steps: Int { seconds / Int(step.components.seconds) }

    /// Where it begins: so that the last unit that exchanges are counted in is the one of now.
    package func start(before end: Timestamp) -> Timestamp {
        let unit = TrafficUnit(of: step)
        return Timestamp(nanoseconds: (unit.start(of: end) + unit.seconds - Int64(seconds)) * 1_000_000_000)
    }

    /// How long a step was, in minutes: the last has only begun.
    func minutes(ofStep index: Int, end: Timestamp) -> Double {
        let length = Double(step.components.seconds)
        let begun = Double((end.nanoseconds - start(before: end).nanoseconds) / 1_000_000_000) - length * Double(index)
        return min(length, max(begun, 10)) / 60  // of its first moments a rate would be noise
    }

    /// The choices as links.
    func tabs(_ address: (TimeRange) -> String) -> [Tab] {
        Self.allCases.map { Tab(name: $0.rawValue, href: address($0), isCurrent: $0 == self) }
    }
}

/// One of several links of which one is shown.
struct Tab: Sendable {
    let name: String
    let href: String
    let isCurrent: Bool
}
