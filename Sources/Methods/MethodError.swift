/// A failure while a method is configured, fitted, stored or asked, and the step that repairs it.
package struct MethodError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        package let name: String

        /// A configuration file is not TOML, lacks a key, or holds a value that cannot be meant.
        package static let invalidConfiguration = Code(name: "invalid_configuration")
        /// A configuration file holds a key that nobody declared.
        package static let unknownKey = Code(name: "unknown_key")
        /// A configuration names a method, or a preprocess step, that this process does not have.
        package static let unknownMethod = Code(name: "unknown_method")
        /// A monitor folder is corrupt, hostile, foreign, or of a format that this build does not read.
        package static let invalidArtefact = Code(name: "invalid_artefact")
        /// A batch does not have the shape that the method was fitted on.
        package static let shapeMismatch = Code(name: "shape_mismatch")
        /// There are too few rows for what was asked.
        package static let tooFewRows = Code(name: "too_few_rows")
        /// A value is NaN or infinite where the method cannot leave it out.
        package static let nonFiniteValue = Code(name: "non_finite_value")
        /// A value lies outside of the range that the method is for.
        package static let valueOutOfRange = Code(name: "value_out_of_range")
        /// The monitor could never raise an alarm as it is configured.
        package static let neverFires = Code(name: "never_fires")
        /// The method asks a model, and none was given or the one given cannot do it.
        package static let modelRequired = Code(name: "model_required")
        /// Reference rows are rows that the model was trained on.
        package static let trainingRowsReused = Code(name: "training_rows_reused")
        /// Labels are missing, or there is not one for each row.
        package static let labelsRequired = Code(name: "labels_required")
        /// A written state is not one of the method that is to go on from it.
        package static let invalidState = Code(name: "invalid_state")
        /// A file could not be read or written.
        package static let fileSystem = Code(name: "file_system")
    }

    /// The kind of failure.
    package var code: Code
    /// What happened, with the values seen.
    package var message: String
    /// What to do next.
    package var remedy: String
    /// The error underneath, kept whole.
    package var cause: (any Error)?

    /// Creates an error from its parts.
    package init(_ code: Code, _ message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    /// One line for a log or a terminal.
    package var description: String { "\(code.name): \(message). \(remedy)" }
}
