package import CloudEvents

/// Which exchanges to list, newest first; a nil field does not restrict.
package struct ExchangeQuery: Sendable, Hashable {
    package var namespace: String?
    package var model: String?
    /// Exchanges that began at this time or later.
    package var since: Timestamp?
    /// Exchanges that began before this time.
    package var until: Timestamp?
    /// Exchanges that a verdict of this type (`outlier`, `adversarial`, …) flagged; `flagged` for any type.
    package var verdict: String?
    /// Exchanges that are part of this trace.
    package var trace: TraceID?
    package var limit: Int
    package var cursor: PageCursor?

    package init(
        namespace: String? = nil,
        model: String? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        verdict: String? = nil,
        trace: TraceID? = nil,
        limit: Int = 50,
        cursor: PageCursor? = nil
    ) {
        self.namespace = namespace
        self.model = model
        self.since = since
        self.until = until
        self.verdict = verdict
        self.trace = trace
        self.limit = limit
        self.cursor = cursor
    }

    /// The bits of the verdicts that exchanges must have one of; nil when flags do not restrict.
    ///
    /// - Throws: `.badQuery` for a verdict that there is none of.
    package var flagBits: Int64? {
        get throws(EventStoreError) {
            guard let verdict else { return nil }
            if verdict == "flagged" { return VerdictKind.allCases.reduce(0) { $0 | $1.bit } }
            guard let kind = VerdictKind(rawValue: verdict) else {
                throw EventStoreError(
                    .badQuery,
                    "there is no verdict '\(verdict.prefix(80))'",
                    remedy: "Ask for flagged, \(VerdictKind.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            return kind.bit
        }
    }
}
