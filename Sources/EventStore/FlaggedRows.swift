extension [ClassifiedEvent] {
    /// The rows that these verdicts flag within a window, as references, in the order of the verdicts.
    package func flaggedRows(within window: Alert.Window, limit: Int) -> [String] {
        var found: [String] = []
        for record in self {
            guard let requestID = record.requestID else { continue }
            if let start = window.start, record.time < start { continue }
            if let end = window.end, record.time > end { continue }
            let references =
                record.flaggedRows.isEmpty
                ? [RowReference(requestID: requestID)]
                : record.flaggedRows.map { RowReference(requestID: requestID, row: $0) }
            found += references.map(\.description)
        }
        return [String](found.prefix(limit))
    }
}
