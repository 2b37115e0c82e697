/// What an event is to the record; it decides where in an exchange's document the event stands.
package enum EventKind: Int, Sendable, Hashable, CaseIterable {
    case request = 1
    case response = 2
    case verdict = 3
    case explanation = 4
    /// Ground truth, as `io.vedette.feedback`.
    case label = 5
    /// A label that met its prediction, as `io.vedette.outcome`.
    case outcome = 6
    case alert = 7
    /// Anything else that is a valid event: kept whole, listed among the events, in no exchange.
    case other = 8

    /// The spelling in queries and answers.
    package var name: String {
        switch self {
        case .request: "request"
        case .response: "response"
        case .verdict: "verdict"
        case .explanation: "explanation"
        case .label: "label"
        case .outcome: "outcome"
        case .alert: "alert"
        case .other: "other"
        }
    }

    /// - Parameter name: The spelling in queries and answers.
    package init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// Whether the event is the request or the response, and so makes an exchange.
    package var isHalf: Bool { self == .request || self == .response }
}
