package import ArgumentParser
import Foundation
import JSON
import Journal
import Methods

/// `vedette import`: a detector that another tool saved, as a monitor.
package struct ImportCommand: AsyncParsableCommand {
    /// The tools whose files are understood.
    package enum Tool: String, ExpressibleByArgument, CaseIterable, Sendable {
        case alibiDetect = "alibi-detect"
    }

    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn a detector that another tool saved into a monitor.",
        discussion: """
            Of alibi-detect 0.11 to 0.13, drift detectors that are pure data: a config.toml and arrays. Nothing is \
            executed: what only exists as a pickle is refused by its field, with what to do instead. Thresholds of \
            online detectors are simulated anew.

            Example:
              vedette import alibi-detect saved/ks --output monitors/ks --model digits
            """
    )

    @Argument(help: "The tool that saved it: alibi-detect.")
    var tool: Tool

    @Argument(help: "The folder that it saved.", completion: .directory)
    var folder: String

    @Option(help: "The folder to write.", completion: .directory)
    var output: String

    @Option(help: "The name of the model whose traffic the monitor watches.")
    var model: String?

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func run() async throws {
        let (folder, output, model) = (folder, output, model)
        let (fitted, notes) = try await OwnThread.run {
            let saved = try AlibiDetectFolder(reading: folder)
            let translation = try AlibiDetectTranslation(saved, model: model)
            let fitting = MonitorFitting(
                configuration: translation.configuration,
                rows: saved.reference,
                context: saved.context
            )
            let fitted = try fitting.run(output: output)
            return (fitted, translation.notes + fitted.notes)
        }
        switch format {
        case .json:
            print(
                JSONValue.object([
                    "folder": .string(output), "method": .string(fitted.method),
                    "config_hash": fitted.configHash.map { .string($0) } ?? .null,
                    "notes": .array(notes.map { .string($0) }),
                ]).text
            )
        case .table:
            print("\(output): \(fitted.method), \(fitted.split.map { "\($0.rows) rows" }.joined(separator: ", "))")
            for note in notes { StandardError.write("note: \(note)\n") }
        }
    }
}
