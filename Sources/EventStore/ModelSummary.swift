package import CloudEvents

/// One version of one model, and what has been recorded of it since the store began.
package struct ModelSummary: Sendable, Hashable {
    package var namespace: String
    package var model: String
    package var version: String
    /// Exchanges in the record.
    package var exchanges: Int
    /// Exchanges that were served, each recorded one counted as many times as its `sampledrate` says.
    package var estimatedExchanges: Double
    /// Exchanges whose response has a status of 400 or more.
    package var failures: Int
    /// Exchanges that a verdict flagged, by the verdict's type.
    package var flagged: [String: Int]
    package var labels: Int
    package var lastSeen: Timestamp

    package init(
        namespace: String,
        model: String,
        version: String,
        exchanges: Int = 0,
        estimatedExchanges: Double = 0,
        failures: Int = 0,
        flagged: [String: Int] = [:],
        labels: Int = 0,
        lastSeen: Timestamp
    ) {
        self.namespace = namespace
        self.model = model
        self.version = version
        self.exchanges = exchanges
        self.estimatedExchanges = estimatedExchanges
        self.failures = failures
        self.flagged = flagged
        self.labels = labels
        self.lastSeen = lastSeen
    }
}
