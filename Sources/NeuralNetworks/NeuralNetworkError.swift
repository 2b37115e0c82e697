/// A failure of building, running or training a network, and the step that repairs it.
public struct NeuralNetworkError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// A tensor does not have the shape that the network or the loss takes.
        public static let shapeMismatch = Code(name: "shape_mismatch")
        /// A layer cannot stand where it stands, or has a size that makes no sense.
        public static let invalidLayer = Code(name: "invalid_layer")
        /// A weight is missing, is of another shape, or belongs to no layer.
        public static let invalidWeights = Code(name: "invalid_weights")
        /// A setting of the training is outside its range, or the examples do not fit it.
        public static let invalidTraining = Code(name: "invalid_training")
        /// An index, such as a word's, is not one of a table's entries.
        public static let invalidIndex = Code(name: "invalid_index")
        /// A gradient was to be differentiated again through an operation that cannot record it.
        public static let notDifferentiableTwice = Code(name: "not_differentiable_twice")
        /// The loss or a gradient became NaN or infinite, or the loss exploded.
        public static let diverged = Code(name: "diverged")
        /// A checkpoint was made by another training: another architecture, optimiser, data set or setting.
        public static let foreignCheckpoint = Code(name: "foreign_checkpoint")
        /// A checkpoint's file cannot be read or written, or holds something else.
        public static let invalidCheckpoint = Code(name: "invalid_checkpoint")
        /// There is no layer of that name.
        public static let unknownLayer = Code(name: "unknown_layer")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the values seen.
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
