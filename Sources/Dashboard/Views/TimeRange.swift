package import CloudEvents

/// How far back a page looks.
package enum TimeRange: String, Sendable, Hashable, CaseIterable {
    case quarter = "15m"
    case hour = "1h"
    case sixHours = "6h"
    case day = "24h"
    case week = "7d"

    /// Into how many steps its charts divide it.
    package static let steps = 48

    package var seconds: Int {
        switch self {
        case .quarter: 900
        case .hour: 3600
        case .sixHours: 6 * 3600
        case .day: 86400
        case .week: 7 * 86400
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
        }
    }

    package var step: Duration { .milliseconds(seconds * 1000 / Self.steps) }

    package func start(before end: Timestamp) -> Timestamp { end - .seconds(seconds) }

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
