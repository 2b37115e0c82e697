/// The checks that every routine makes of a sample.
enum Sample {
    /// - Throws: `.emptySample` when there is no value; `.nonFiniteValue` when one is NaN or infinite.
    static func check(_ values: [Double], _ name: String) throws(StatisticsError) {
        guard !values.isEmpty else {
            throw StatisticsError(.emptySample, "the \(name) has no values", remedy: "Give at least one value")
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw StatisticsError(
                .nonFiniteValue,
                "the \(name) holds \(values[index]) at index \(index)",
                remedy: "Impute or drop missing values before the routine"
            )
        }
    }

    /// - Throws: `.parameterOutOfRange` when a probability, level or the like is NaN or outside of the range.
    static func check(_ value: Double, in range: ClosedRange<Double>, _ name: String) throws(StatisticsError) {
        guard range.contains(value) else {
            throw StatisticsError(
                .parameterOutOfRange,
                "the \(name) is \(value)",
                remedy: "Give a value from \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }
}
