/// A failure of a statistical routine and the step that repairs it.
public struct StatisticsError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// A sample has no values.
        public static let emptySample = Code(name: "empty_sample")
        /// A value is NaN or infinite.
        public static let nonFiniteValue = Code(name: "non_finite_value")
        /// A parameter lies outside of what the routine is defined for.
        public static let parameterOutOfRange = Code(name: "parameter_out_of_range")
        /// Two inputs that belong together differ in size.
        public static let sizeMismatch = Code(name: "size_mismatch")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened: "the test sample holds nan at index 17".
    public var message: String
    /// What to do next: "Impute or drop missing values before the detector".
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
