/// Why rows did not enter a monitor; few and stable, so it can label a metric and name a quality verdict.
package struct ExclusionReason: Hashable, Sendable {
    /// The spelling in verdicts and metrics.
    package let name: String

    package init(name: String) { self.name = name }

    /// The payload is not what its dialect says.
    package static let undecodable = ExclusionReason(name: "undecodable")
    /// A tensor that the monitor reads is not there.
    package static let missingTensor = ExclusionReason(name: "missing_tensor")
    /// A row has another number of features than the monitor was fitted to.
    package static let wrongShape = ExclusionReason(name: "wrong_shape")
    /// A tensor has a type that no rule turns into numbers.
    package static let wrongType = ExclusionReason(name: "wrong_type")
    /// The payload was cut, redacted or left out on the way.
    package static let truncated = ExclusionReason(name: "truncated")
    /// A value is missing or not finite, and the method needs all of a row.
    package static let missingValue = ExclusionReason(name: "missing_value")
    /// A value lies outside of the range that the method is for.
    package static let outOfRange = ExclusionReason(name: "out_of_range")
    /// The method or its model failed on the rows.
    package static let methodFailed = ExclusionReason(name: "method_failed")
    /// The model has traffic of which no rows reach the monitor.
    package static let silence = ExclusionReason(name: "silence")
    /// The reference belongs to another version of the model.
    package static let noReferenceForVersion = ExclusionReason(name: "no_reference_for_version")
}
