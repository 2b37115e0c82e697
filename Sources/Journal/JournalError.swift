/// A failure of a journal and the step that repairs it.
package struct JournalError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        package let name: String

        /// The journal has reached its bound in bytes, or more waits to be written than memory allows.
        package static let full = Code(name: "journal_full")
        /// The file system refused a call.
        package static let system = Code(name: "journal_io")
        /// The disk is full, or what of it may be used.
        package static let noSpace = Code(name: "journal_no_space")
        /// Another process has the directory.
        package static let inUse = Code(name: "journal_in_use")
        /// A file is not a segment of ours, or one of a version that this build does not know.
        package static let foreign = Code(name: "journal_foreign")
        /// One record is larger than a quarter of the journal, or a file than it may be.
        package static let tooLarge = Code(name: "journal_record_too_large")
        /// The journal was closed.
        package static let closed = Code(name: "journal_closed")
    }

    /// The kind of failure.
    package var code: Code
    /// What happened, with the values seen.
    package var message: String
    /// What to do next.
    package var remedy: String
    /// The error underneath, kept whole.
    package var cause: (any Error)?

    /// One line for a log or a terminal.
    package var description: String { "\(code.name): \(message). \(remedy)" }

    /// Creates an error of a kind, with what was seen and what to do about it.
    package init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }
}
