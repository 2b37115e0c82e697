package import CloudEvents

/// A window at the moment when it is tested.
package struct Look: Sendable, Equatable {
    /// The share of unreadable rows above which a window is never called ok.
    package static let excludedShareLimit = 0.05

    /// The number of the look within its lane, from 0.
    package let number: UInt64
    /// Where its rows come from, in order.
    package let rows: [WindowRow]
    /// The rows' features, `rows.count × width` floats, row-major.
    package let features: [Float]
    /// Floats per row.
    package let width: Int
    /// Rows that no earlier look had.
    package let newRows: Int
    /// Rows since the look before that could not be read.
    package let excludedRows: Int
    /// Whether a look that came by time had the rows that the plan asks for.
    package let hasEnoughRows: Bool
    /// The time of the look: the newest event time, or the monitor's clock where the time was up.
    package let at: Timestamp

    package init(
        number: UInt64,
        rows: [WindowRow],
        features: [Float],
        width: Int,
        newRows: Int,
        excludedRows: Int,
        hasEnoughRows: Bool,
        at: Timestamp
    ) {
        self.number = number
        self.rows = rows
        self.features = features
        self.width = width
        self.newRows = newRows
        self.excludedRows = excludedRows
        self.hasEnoughRows = hasEnoughRows
        self.at = at
    }

    /// How many rows could not be read, in words.
    package var lossRemark: String { "\(excludedRows) of \(excludedRows + newRows) rows could not be read" }

    /// Whether so many rows could not be read that the rest speaks for nothing.
    package var lostTooMany: Bool {
        Double(excludedRows) > Self.excludedShareLimit * Double(excludedRows + newRows)
    }
}
