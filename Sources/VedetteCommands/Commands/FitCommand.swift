package import ArgumentParser
import Foundation
import JSON
import Journal
import Methods
import Prediction
import Tensors

/// `vedette fit`: a detector and its threshold, or an explainer, from reference rows.
package struct FitCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit a detector or an explainer on reference rows, and write its folder.",
        discussion: """
            The rows are divided as `[split]` of the configuration says, so that nothing is compared with rows that it \
            was fitted on. Rows that the model was trained on are refused when they are given.

            Example:
              vedette fit --config drift.toml --reference reference.npy \\
                --model models/digits --output monitors/digits-drift
            """
    )

    @Option(
        help: "The method and what it watches: a config.toml, or an explainer.toml.",
        completion: .file(extensions: ["toml"])
    )
    var config: String

    @Option(help: "Rows that stand for normal: .npy, .npz or .csv.", completion: .file())
    var reference: String

    @Option(help: "The context of each reference row, for methods that take one.", completion: .file())
    var context: String?

    @Option(help: "One class a row, for methods that use them.", completion: .file())
    var labels: String?

    @OptionGroup(title: "The model, for methods and steps that ask it")
    var modelOptions: ModelOptions

    @Option(
        help: "Rows that the model was trained on; a reference that holds one of them is refused.",
        completion: .file()
    )
    var modelTrainingRows: String?

    @Option(help: "The folder to write.", completion: .directory)
    var output: String

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func run() async throws {
        let text: String
        do {
            text = try String(contentsOfFile: config, encoding: .utf8)
        } catch {
            throw CommandError.unavailable("\(config) cannot be read", remedy: "Give the path of a config.toml")
        }
        let predictor = try await modelOptions.open()
        let watched = MonitorFitting.watchedInputs(of: text)
        let rows = try RowsFile.read(reference, of: predictor?.model, columns: watched)
        let fitting = MonitorFitting(
            configuration: text,
            rows: rows.rows,
            columns: rows.columns,
            context: try context.map { try RowsFile.read($0) },
            labels: try labels.map(RowsFile.readLabels),
            model: predictor,
            modelTrainingRows: try modelTrainingRows.map {
                try RowsFile.read($0, of: predictor?.model, columns: watched, fittedOn: rows.columns).rows
            }
        )
        let output = output
        let fitted = try await OwnThread.run { try fitting.run(output: output) }
        switch format {
        case .json:
            print(
                JSONValue.object([
                    "folder": .string(output), "method": .string(fitted.method),
                    "config_hash": fitted.configHash.map { .string($0) } ?? .null,
                    "rows": .object(fitted.split.reduce(into: JSONObject()) { $0[$1.part] = .integer(Int64($1.rows)) }),
                    "notes": .array(fitted.notes.map { .string($0) }),
                ]).text
            )
        case .table:
            let parts = fitted.split.map { "\($0.rows) rows for \($0.part)" }.joined(separator: ", ")
            print("\(output): \(fitted.method)" + (parts.isEmpty ? "" : ", \(parts)"))
            for note in fitted.notes { StandardError.write("note: \(note)\n") }
        }
    }
}
