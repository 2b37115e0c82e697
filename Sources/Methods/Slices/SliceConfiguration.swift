import JSON
import TOML

/// The table `[slices]`: the columns whose values cut a window that drifted into slices, to say where it did.
package struct SliceConfiguration: Sendable, Equatable {
    /// How false findings among the slices are kept rare.
    package enum Correction: String, Sendable, CaseIterable {
        /// Benjamini and Hochberg's steps, for slices that depend on each other positively or not at all.
        case falseDiscoveryRate = "fdr"
        /// Benjamini and Yekutieli's steps, however slices depend on each other.
        case falseDiscoveryRateUnderDependence = "fdr_by"
    }

    /// The columns, by their index among the features.
    package var columns: [Int]
    /// Ranges that a column of many values is cut into.
    package var bins: Int
    /// The share of slices that are told which may be false, on average.
    package var falseShare: Double
    /// How that share is kept.
    package var correction: Correction
    /// Rows that a slice has in reference and window, at least; a smaller one is not tested.
    package var leastRows: Int

    /// Reads the table.
    init(reading table: TableReader<MethodError>) throws(MethodError) {
        columns = try table.integers("columns")
        bins = try table.integer("bins", in: 2...64, default: 4)
        falseShare = try table.number("q", in: 0...1, default: 0.05)
        correction = try table.choice("correction", default: Correction.falseDiscoveryRateUnderDependence)
        leastRows = try table.integer("min_rows", in: 4...1_000_000, default: 20)
        guard !columns.isEmpty, columns.allSatisfy({ $0 >= 0 }), Set(columns).count == columns.count else {
            throw table.wrong("columns", "a list of different indices of columns, from 0 on")
        }
    }

    /// The canonical spelling: what a configuration hash covers.
    var canonical: JSONValue {
        [
            "columns": .array(columns.map { .integer(Int64($0)) }), "bins": .integer(Int64(bins)),
            "q": .number(falseShare), "correction": .string(correction.rawValue),
            "min_rows": .integer(Int64(leastRows)),
        ]
    }
}
