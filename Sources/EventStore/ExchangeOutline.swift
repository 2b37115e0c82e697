package import CloudEvents

/// As much of an exchange as is needed to tell which one an event belongs to.
package struct ExchangeOutline: Sendable, Hashable {
    package var key: ExchangeKey
    package var attempt: Int
    package var sequence: Int64
    package var began: Timestamp?
    package var version: String?
    package var requestEventID: String?
    package var responseEventID: String?

    package init(key: ExchangeKey, attempt: Int, sequence: Int64) {
        self.key = key
        self.attempt = attempt
        self.sequence = sequence
    }
}

/// Which exchange an event belongs to. Nothing here depends on the order of arrival, as far as the events allow.
extension ClassifiedEvent {
    /// Returns the attempt that this request or response completes, or nil when it opens the next.
    ///
    /// Where several attempts lack this half, an event id in common decides (KServe gives both halves one), then the
    /// nearest beginning: a response began `latencyms` before its time.
    ///
    /// - Parameter attempts: The exchanges of this record's key.
    package func half(among attempts: [ExchangeOutline]) -> ExchangeOutline? {
        let lacking = attempts.filter { kind == .request ? $0.requestEventID == nil : $0.responseEventID == nil }
        guard lacking.count > 1 else { return lacking.first }
        let relatives: Set<String?> = [event.id, causationID]
        if let related = lacking.first(where: { relatives.contains($0.requestEventID ?? $0.responseEventID) }) {
            return related
        }
        return lacking.min { distance(to: $0) < distance(to: $1) }
    }

    private func distance(to outline: ExchangeOutline) -> UInt64 {
        guard let start = outline.began else { return .max }
        return began.nanoseconds.subtractingReportingOverflow(start.nanoseconds).partialValue.magnitude
    }

    /// Returns the exchange that this verdict, explanation or label is about, or nil when it is not known yet.
    ///
    /// Every part of the key that the event states must agree. The cause decides between attempts, then the time: the
    /// latest attempt that had begun.
    ///
    /// - Parameter exchanges: The exchanges with this record's request id, in the order of their attempts.
    package func exchange(among exchanges: [ExchangeOutline]) -> ExchangeOutline? {
        let agreeing = exchanges.filter { outline in
            (namespace ?? outline.key.namespace) == outline.key.namespace
                && (model ?? outline.key.model) == outline.key.model
                && (component ?? outline.key.component) == outline.key.component
                && (endpoint ?? outline.key.endpoint) == outline.key.endpoint
        }
        guard agreeing.count > 1 else { return agreeing.first }
        if let causationID,
            let caused = agreeing.first(where: {
                $0.requestEventID == causationID || $0.responseEventID == causationID
            })
        {
            return caused
        }
        return agreeing.last { ($0.began ?? time) <= time } ?? agreeing.first
    }
}
