import JSON
import TOML

/// How `[split]` divides the reference rows.
package enum SplitConfiguration: Sendable, Hashable {
    /// Disjoint parts by seed. The shares are relative: a part that the method does not need gets no rows, and the
    /// others take its place.
    case disjoint(features: Double, calibration: Double, reference: Double)
    /// `split = "none"`: every part gets all rows. For comparison with other tools; the promise does not hold.
    case none

    /// What a configuration that says nothing gets.
    package static let standard = SplitConfiguration.disjoint(features: 0.3, calibration: 0.2, reference: 0.5)

    /// Reads the table `[split]` or the string `split = "none"`.
    init(reading top: TableReader<MethodError>) throws(MethodError) {
        guard let value = top.value("split") else {
            self = .standard
            return
        }
        if value.text == "none" {
            self = .none
            return
        }
        guard value.table != nil, let table = try top.optionalTable("split") else {
            throw top.wrong("split", "a table of shares, or the text \"none\"")
        }
        let features = try table.number("features", in: 0...1, default: 0)
        let calibration = try table.number("calibration", in: 0...1, default: 0)
        let reference = try table.number("reference", in: 0...1, default: 0)
        guard features + calibration + reference <= 1 + 1e-9 else {
            throw MethodError(
                .invalidConfiguration,
                "the shares of [split] add up to \(features + calibration + reference)",
                remedy: "No row may be used twice: let features, calibration and reference add up to at most 1"
            )
        }
        self = .disjoint(features: features, calibration: calibration, reference: reference)
    }

    /// The canonical spelling: what a configuration hash covers.
    var canonical: JSONValue {
        switch self {
        case .none: "none"
        case .disjoint(let features, let calibration, let reference):
            ["features": .number(features), "calibration": .number(calibration), "reference": .number(reference)]
        }
    }
}
