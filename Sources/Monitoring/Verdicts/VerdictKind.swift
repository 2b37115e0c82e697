/// Which question a monitor answers, and how the field spells the answer.
package enum VerdictKind: String, Sendable, CaseIterable {
    case drift, outlier, adversarial

    /// The field that says yes or no, 1 or 0.
    package var flag: String { "is_\(rawValue)" }
}
