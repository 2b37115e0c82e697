package import CloudEvents

/// What was said about one attempt at one request: the document of the record.
///
/// Its parts may arrive in any order and with any delay; a missing half is nil.
package struct Exchange: Sendable {
    package var key: ExchangeKey
    /// 1 for the first use of the key; the same key with another event opens the next.
    package var attempt: Int
    /// The row in the store.
    package var sequence: Int64
    /// When it began: the request's time, else the response's.
    package var time: Timestamp
    package var version: String?
    package var statusCode: Int?
    package var latencyMilliseconds: Double?
    /// The verdict types that flagged it.
    package var flags: [String]
    package var request: StoredEvent?
    package var response: StoredEvent?
    package var verdicts: [StoredEvent]
    package var explanations: [StoredEvent]
    /// Feedback and outcomes.
    package var labels: [StoredEvent]

    package init(
        key: ExchangeKey,
        attempt: Int,
        sequence: Int64,
        time: Timestamp,
        version: String? = nil,
        statusCode: Int? = nil,
        latencyMilliseconds: Double? = nil,
        flags: [String] = [],
        request: StoredEvent? = nil,
        response: StoredEvent? = nil,
        verdicts: [StoredEvent] = [],
        explanations: [StoredEvent] = [],
        labels: [StoredEvent] = []
    ) {
        self.key = key
        self.attempt = attempt
        self.sequence = sequence
        self.time = time
        self.version = version
        self.statusCode = statusCode
        self.latencyMilliseconds = latencyMilliseconds
        self.flags = flags
        self.request = request
        self.response = response
        self.verdicts = verdicts
        self.explanations = explanations
        self.labels = labels
    }

    /// Returns the same document with only what concerns `row`: what names no row concerns every row.
    package func narrowed(toRow row: Int) -> Exchange {
        var narrowed = self
        let concerns = { (event: StoredEvent) in event.record.rows.isEmpty || event.record.rows.contains(row) }
        narrowed.verdicts = verdicts.filter(concerns)
        narrowed.explanations = explanations.filter(concerns)
        narrowed.labels = labels.filter(concerns)
        return narrowed
    }
}
