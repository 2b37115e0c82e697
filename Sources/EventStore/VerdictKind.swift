/// What a verdict judges: the last part of its type, `io.vedette.verdict.<kind>`.
package enum VerdictKind: String, Sendable, Hashable, CaseIterable {
    case drift
    case outlier
    case adversarial
    case performance
    case quality
    case fairness

    /// The bit that stands for it in a stored set of kinds; never renumber.
    package var bit: Int64 {
        switch self {
        case .drift: 1
        case .outlier: 2
        case .adversarial: 4
        case .performance: 8
        case .quality: 16
        case .fairness: 32
        }
    }

    /// The kinds of a stored set.
    package static func kinds(in bits: Int64) -> [VerdictKind] { allCases.filter { bits & $0.bit != 0 } }
}
