/// A failure of an event store and the step that repairs it.
package struct EventStoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in logs, metrics and answers.
        package let name: String

        /// The file or server cannot be opened, or is not ours.
        package static let unavailable = Code(name: "store_unavailable")
        /// The content is damaged.
        package static let corrupt = Code(name: "store_corrupt")
        /// The store refuses writes: read-only, or its disk is full.
        package static let unwritable = Code(name: "store_unwritable")
        /// A cursor, filter or action that makes no sense.
        package static let badQuery = Code(name: "bad_query")
        /// What was asked for is not there.
        package static let notFound = Code(name: "not_found")
        /// An action that the present state of an alert forbids.
        package static let conflict = Code(name: "conflict")
    }

    /// The kind of failure.
    package var code: Code
    /// What happened, with the values seen.
    package var message: String
    /// What to do next.
    package var remedy: String
    /// The error underneath, kept whole.
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    /// One line for a log or a terminal.
    package var description: String { "\(code.name): \(message). \(remedy)" }
}
