package import ArgumentParser
import ServiceKit

#if canImport(Glibc)
    @preconcurrency import Glibc  // `stdout` is a variable to it
#elseif canImport(Darwin)
    @preconcurrency import Darwin
#endif

/// The command line: `vedette COMMAND`.
///
/// Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 something was detected and
/// `--fail-on-detection` was given, 64 bad usage, 69 something that is needed is not there, 70 our fault, 78 bad input
/// or configuration.
package struct Vedette: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "vedette",
        abstract: "Watch any machine-learning model in production.",
        discussion: "Start with `vedette up --demo digits`.",
        version: Version.current,
        subcommands: [
            TrainCommand.self, FitCommand.self, DetectCommand.self, ExplainCommand.self, EvaluateCommand.self,
            PerturbCommand.self, ImportCommand.self,
            DemoCommand.self, UpCommand.self, StatusCommand.self, SendCommand.self, ReplayCommand.self,
        ]
    )

    package init() {}

    /// Parses the process's arguments, runs the command and ends the process with its exit code.
    package static func run() async -> Never {
        // Line by line into a pipe or a file too: who reads there waits for each address, epoch or verdict.
        setvbuf(stdout, nil, _IOLBF, 0)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            // A full disk shows itself only here.
            guard fflush(stdout) == 0, ferror(stdout) == 0 else {
                throw CommandError.unavailable(
                    "standard output could not be written",
                    remedy: "Check the space that is left where it goes"
                )
            }
            exit()
        } catch {
            // The parser knows its own errors, which nobody else can name, and gives every other one the code of a
            // detection.
            if error is ArgumentParser.ExitCode || exitCode(for: error) != .failure { exit(withError: error) }
            let failure = CommandError(error)
            StandardError.write("vedette: \(failure.message). \(failure.remedy)\n")
            exit(withError: ArgumentParser.ExitCode(failure.exitCode))
        }
    }
}
