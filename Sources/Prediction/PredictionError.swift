/// A failure of describing, finding or calling a model, and the step that repairs it.
public struct PredictionError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// Makes a code for a conformer's own kind of failure.
        public init(name: String) { self.name = name }

        /// A batch does not have the shape that the model takes.
        public static let shapeMismatch = Code(name: "shape_mismatch")
        /// A value of a batch is none that the model takes.
        public static let invalidValue = Code(name: "invalid_value")
        /// A class or layer that was asked for does not exist.
        public static let unknownOutput = Code(name: "unknown_output")
        /// A description file cannot be read, or holds a key or value that it may not hold.
        public static let invalidDescription = Code(name: "invalid_description")
        /// A file or folder that a description names is not there.
        public static let notFound = Code(name: "not_found")
        /// A model's files are damaged, hostile or of another kind.
        public static let invalidModel = Code(name: "invalid_model")
        /// The server of a model behind a URL gave no answer.
        public static let modelUnreachable = Code(name: "model_unreachable")
        /// The server of a model behind a URL gave an error, or an answer that is none.
        public static let modelRefused = Code(name: "model_refused")
        /// A model is of a kind that this process does not run.
        public static let unsupportedKind = Code(name: "unsupported_kind")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the file and field where there is one.
    public var message: String
    /// What to do next.
    public var remedy: String
    /// The error underneath, kept whole.
    public var cause: (any Error)?

    /// Makes an error of a kind, with what happened and what to do next.
    public init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    /// One line for a log or a terminal.
    public var description: String { "\(code.name): \(message). \(remedy)" }
}
