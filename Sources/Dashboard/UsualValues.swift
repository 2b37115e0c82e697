import EventStore

/// What values a model's columns usually have, by the latest rows on record, to mark what is far from them.
///
/// A value is far when its distance from the median is more than 3.5 times 1.4826 times the median distance; of a column
/// that hardly varies, whose median distance is 0, nothing is said.
///
/// Source: B. Iglewicz and D. Hoaglin (1993), "How to Detect and Handle Outliers", ASQC Quality Press, p. 11.
struct UsualValues: Sendable {
    /// Fewer rows say nothing.
    static let least = 20

    /// How many rows were looked at.
    let count: Int
    private let usual: [String: (median: Double, distance: Double)]

    init(_ readings: [ExchangeReading]) {
        var columns: [String: [Double]] = [:]
        for reading in readings where reading.picture(ofRow: 0) == nil {
            for (name, value) in reading.columns(ofRow: 0) where value.isFinite {
                columns[name, default: []].append(Double(value))
            }
        }
        count = readings.count
        usual = columns.filter { $0.value.count >= Self.least }.mapValues { values in
            let median = Self.median(values)
            return (median, 1.4826 * Self.median(values.map { ($0 - median).magnitude }))
        }
    }

    /// What to say of a value that is far from what is usual; nil for any other.
    func remark(on value: Float, of column: String) -> String? {
        guard let (median, distance) = usual[column], distance > 0, value.isFinite else { return nil }
        guard (Double(value) - median).magnitude > 3.5 * distance else { return nil }
        return "unusual, mostly near \(AlertSentence.short(median))"
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
