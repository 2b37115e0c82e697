/// A failure of an operation on matrices, and the step that repairs it.
public struct LinearAlgebraError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// The shapes of two operands do not fit each other, or one is not a matrix.
        public static let shapeMismatch = Code(name: "shape_mismatch")
        /// A matrix is not positive definite, or a decomposition did not converge.
        public static let notSolvable = Code(name: "not_solvable")
        /// A value is NaN or infinite where the operation needs numbers.
        public static let nonFiniteValue = Code(name: "non_finite_value")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the shapes or values seen.
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
