/// A failure to make, reshape, convert, read or write a tensor, and the step that repairs it.
public struct TensorError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// The shape does not fit the values, or two shapes do not fit each other.
        public static let shapeMismatch = Code(name: "shape_mismatch")
        /// A value does not fit the element type that was asked for.
        public static let valueNotRepresentable = Code(name: "value_not_representable")
        /// A file or a byte sequence breaks a rule of its format.
        public static let malformed = Code(name: "malformed")
        /// A file is well formed and holds something that we do not read.
        public static let unsupported = Code(name: "unsupported")
        /// A file could not be opened, read or written.
        public static let fileFailed = Code(name: "file_failed")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the values seen.
    public var message: String
    /// What to do next.
    public var remedy: String
    /// The error underneath, kept whole.
    public var cause: (any Error)?

    /// Makes an error from its parts.
    public init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    /// One line for a log or a terminal.
    public var description: String { "\(code.name): \(message). \(remedy)" }
}
