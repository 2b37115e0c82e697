import CloudEvents

/// Which question a monitor answers, and how the field spells the answer.
package enum VerdictKind: String, Sendable, CaseIterable {
    case drift, outlier, adversarial

    /// The type of its events.
    package var eventType: String {
        switch self {
        case .drift: EventType.drift
        case .outlier: EventType.outlier
        case .adversarial: EventType.adversarial
        }
    }

    /// The field that says yes or no, 1 or 0.
    package var flag: String { "is_\(rawValue)" }
}
