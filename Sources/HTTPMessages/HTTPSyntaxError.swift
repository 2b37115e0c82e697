/// Bytes that are not an HTTP/1 message that can be passed on without doubt about where it ends.
package struct HTTPSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in answers, logs and metrics.
        package let name: String

        /// A start line, field line or chunk that the grammar does not know.
        package static let malformed = Code(name: "malformed_message")
        /// Two readers could disagree about where the message ends.
        package static let ambiguousLength = Code(name: "ambiguous_length")
        /// The head is longer than the reader's bound.
        package static let headTooLarge = Code(name: "head_too_large")
        /// A version other than HTTP/1.0 and HTTP/1.1.
        package static let unsupportedVersion = Code(name: "unsupported_version")
        /// The sender closed before the message ended.
        package static let unexpectedEnd = Code(name: "unexpected_end")
    }

    /// The kind of failure.
    package var code: Code
    /// What was seen.
    package var message: String
    /// What the sender can do.
    package var remedy: String

    package init(_ code: Code, _ message: String, remedy: String = "Send an HTTP/1.1 message as RFC 9112 defines it") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// One line for a log.
    package var description: String { "\(code.name): \(message). \(remedy)" }
}
