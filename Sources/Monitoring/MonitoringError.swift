/// A failure of a monitor, and the step that repairs it.
package struct MonitoringError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in logs, metrics and quality verdicts.
        package let name: String

        private init(name: String) { self.name = name }

        /// A monitor's configuration lacks something or contradicts itself.
        package static let invalidConfiguration = Code(name: "invalid_configuration")
        /// A snapshot cannot be read.
        package static let unreadableState = Code(name: "unreadable_state")
        /// There is no monitor of this name.
        package static let unknownMonitor = Code(name: "unknown_monitor")
        /// Rows were given that do not have the shape that the monitor was fitted to.
        package static let wrongShape = Code(name: "wrong_shape")
    }

    /// The kind of failure.
    package var code: Code
    /// What happened, with the values seen.
    package var message: String
    /// What to do next.
    package var remedy: String
    /// The error underneath, kept whole.
    package var cause: (any Error)?

    package init(code: Code, message: String, remedy: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.cause = cause
    }

    /// One line for a log or a terminal.
    package var description: String { "\(code.name): \(message). \(remedy)" }
}
