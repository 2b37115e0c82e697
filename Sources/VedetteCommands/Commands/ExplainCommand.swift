package import ArgumentParser
import Explanations
import Foundation
import JSON
import Journal
import Prediction
import Tensors

/// `vedette explain`: why a model answered as it did.
package struct ExplainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a model's answers for rows of a file.",
        discussion: """
            Prints one object a row, with the attribution of each input value; --picture draws each over its instance.

            Example:
              vedette explain --config explainer.toml --model models/digits \\
                --input rows.npy --picture pictures
            """
    )

    @Option(help: "An explainer.toml.", completion: .file(extensions: ["toml"]))
    var config: String

    @OptionGroup(title: "The model")
    var modelOptions: ModelOptions

    @Option(help: "Rows to explain: .npy, .npz or .csv.", completion: .file())
    var input: String

    @Option(help: "Rows that stand for normal, for baselines that are taken from them.", completion: .file())
    var background: String?

    @Option(help: "A folder that gets one SVG picture a row.", completion: .directory)
    var picture: String?

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func run() async throws {
        let text: String
        do {
            text = try String(contentsOfFile: config, encoding: .utf8)
        } catch {
            throw CommandError.unavailable("\(config) cannot be read", remedy: "Give the path of an explainer.toml")
        }
        let configuration = try ExplainerConfiguration(parsing: text)
        let predictor = try await modelOptions.openRequired()
        let rows = try RowsFile.read(input, of: predictor.model).rows
        let explainer = try configuration.explainer(
            for: predictor,
            background: background.map { try RowsFile.read($0, of: predictor.model).rows }
        )
        let explanations = try await OwnThread.run {
            try explainer.explanations(of: rows, target: configuration.target)
        }
        if let picture { try FileManager.default.createDirectory(atPath: picture, withIntermediateDirectories: true) }
        for (row, explanation) in explanations.enumerated() {
            let instance = try rows.rows(row..<row + 1).reshaped(Array(rows.shape.dropFirst()))
            let drawing = try? AttributionPicture(image: instance, attributions: explanation.attributions)
            if let picture, let drawing {
                try drawing.svg(title: "row \(row)").write(
                    toFile: "\(picture)/row-\(row).svg",
                    atomically: true,
                    encoding: .utf8
                )
            }
            switch format {
            case .json:
                print(
                    JSONValue.object([
                        "meta": ["name": .string(configuration.method), "row": .integer(Int64(row))],
                        "data": explanation.data,
                    ]).text
                )
            case .table:
                let output = predictor.model.outputs.first?.classes ?? []
                let target =
                    output.indices.contains(explanation.target) ? output[explanation.target] : "\(explanation.target)"
                print(
                    "row \(row): output \(target) at \(Double(explanation.predictions[explanation.target]).fixed(3)), completeness error \(explanation.delta.fixed(5))"
                )
                if let drawing { print(StandardOutput.isTerminal ? drawing.terminal : drawing.plainText) }
            }
        }
    }
}
