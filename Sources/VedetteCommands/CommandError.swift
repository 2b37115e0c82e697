/// A failure of a command, and the step that repairs it.
package struct CommandError: Error, Sendable, CustomStringConvertible {
    /// What happened, without a full stop: "reference.npy holds 3 columns and the model takes 64".
    package var message: String
    /// What to do next, as a sentence.
    package var remedy: String
    /// The process's exit code; the codes are those of every executable of the mesh.
    package var exitCode: Int32

    /// The input or its configuration is wrong.
    package static func badInput(_ message: String, remedy: String) -> CommandError {
        CommandError(message: message, remedy: remedy, exitCode: 78)
    }

    /// A file, a port or a service that is needed is not there.
    package static func unavailable(_ message: String, remedy: String) -> CommandError {
        CommandError(message: message, remedy: remedy, exitCode: 69)
    }

    /// The words of the command line do not fit together.
    package static func usage(_ message: String, remedy: String) -> CommandError {
        CommandError(message: message, remedy: remedy, exitCode: 64)
    }

    package var description: String { "\(message). \(remedy)" }
}
