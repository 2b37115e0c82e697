/// Bytes that are no HTTP message that can be passed on without doubt about where it ends.
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
        /// A frame of HTTP/2 that cannot be, or not here.
        package static let malformedFrame = Code(name: "malformed_frame")
        /// Fields of HTTP/2 that cannot be decompressed.
        package static let malformedHeaderBlock = Code(name: "malformed_header_block")
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

    static func frame(_ message: String) -> HTTPSyntaxError {
        HTTPSyntaxError(.malformedFrame, message, remedy: "Send HTTP/2 as RFC 9113 defines it")
    }

    static func block(_ what: String) -> HTTPSyntaxError {
        HTTPSyntaxError(
            .malformedHeaderBlock,
            "a header block cannot be decompressed: \(what)",
            remedy: "Send header fields as RFC 7541 defines them"
        )
    }
}
