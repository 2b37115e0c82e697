/// A failure of talking to NATS, and what to do about it.
package struct NATSError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: Hashable, Sendable {
        /// The spelling in logs.
        package let name: String

        /// There is no `libnats` on this machine.
        package static let libraryMissing = Code(name: "library_missing")
        /// The server cannot be reached, or the connection is away.
        package static let connection = Code(name: "connection")
        /// The server took too long.
        package static let timeout = Code(name: "timeout")
        /// The message is larger than the server takes.
        package static let tooLarge = Code(name: "too_large")
        /// Nobody listens at the subject: there is no stream for it, or JetStream is off.
        package static let noStream = Code(name: "no_stream")
        /// JetStream answered with an error.
        package static let refused = Code(name: "refused")
    }

    package var code: Code
    package var message: String
    package var remedy: String
    /// JetStream's own status, such as 503 for a full stream; 0 where there is none.
    package var status: Int

    package init(_ code: Code, _ message: String, remedy: String, status: Int = 0) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.status = status
    }

    package var description: String { "\(code.name): \(message). \(remedy)" }
}
