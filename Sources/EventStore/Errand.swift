package import CloudEvents
package import JSON

/// Something to do in the outside world, remembered in the transaction that called for it, so a kill cannot lose it.
package struct Errand: Sendable, Hashable {
    /// What is to be done.
    package enum Purpose: String, Sendable, Hashable, CaseIterable {
        /// Send an alert to routes: `{"event": "…", "to": ["…"]}`.
        case route
        /// Send an alert to the sinks.
        case sink
        /// Ask the explainer about a request.
        case explain
    }

    /// The row in the store, 0 before it is added.
    package var sequence: Int64
    package var purpose: Purpose
    /// What the one who does it needs.
    package var document: JSONValue
    /// How often it was tried.
    package var attempts: Int
    /// Not before this time.
    package var dueAt: Timestamp

    package init(sequence: Int64 = 0, purpose: Purpose, document: JSONValue, attempts: Int = 0, dueAt: Timestamp) {
        self.sequence = sequence
        self.purpose = purpose
        self.document = document
        self.attempts = attempts
        self.dueAt = dueAt
    }
}
