import Journal
import NIOCore

/// Why a process could not start or go on, and the code that it ends with.
package struct StartError: DescribedError, Sendable, CustomStringConvertible {
    package var exitCode: ExitCode
    package var errorCode: String
    package var message: String
    package var remedy: String

    package var description: String { "\(errorCode): \(message). \(remedy)" }

    package init(_ exitCode: ExitCode, code errorCode: String, _ message: String, remedy: String) {
        self.exitCode = exitCode
        self.errorCode = errorCode
        self.message = message
        self.remedy = remedy
    }

    /// What any error that reaches the end of a process amounts to.
    package init(_ error: any Error) {
        switch error {
        case let error as StartError:
            self = error
        case let error as SettingsError:
            self.init(
                error.code == .usage ? .usage : .configuration,
                code: error.errorCode,
                error.message,
                remedy: error.remedy
            )
        case let error as JournalError:
            self.init(.unavailable, code: error.code.name, error.message, remedy: error.remedy)
        case let error as any DescribedError:
            self.init(.software, code: error.errorCode, error.message, remedy: error.remedy)
        case let error as IOError:
            self.init(
                .unavailable,
                code: "io",
                "\(error)",
                remedy: "Check what the setting names: the address, the folder, the permissions"
            )
        default:
            self.init(
                .software,
                code: "internal_error",
                "\(error)".split(separator: "\n").joined(separator: " "),
                remedy: "Report it with the log lines above"
            )
        }
    }
}
