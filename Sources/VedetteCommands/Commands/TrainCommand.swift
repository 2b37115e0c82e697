package import ArgumentParser
import Foundation
import JSON
import NativeModels
import NeuralNetworks
import PerformanceMetrics
import Statistics
import Tensors

/// `vedette train`: a classifier from scratch.
package struct TrainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train an image or table classifier from scratch and write a model folder.",
        discussion: """
            Where the data set keeps no test rows of its own, a tenth is held out by seed. The accuracy on held-out rows \
            is printed with its interval.

            Example:
              vedette train --dataset digits --architecture cnn --output models/digits
            """
    )

    @Option(help: "digits, cifar10:DIR, idx:DIR or csv:FILE.")
    var dataset: DatasetReference

    @Option(
        help: "mlp, cnn or resnet.",
        completion: .list(Architecture.allCases.map(\.rawValue)),
        transform: Self.architecture
    )
    var architecture: Architecture = .cnn

    @Option(help: "The model folder to write; the version becomes a folder in it.", completion: .directory)
    var output: String

    @Option(help: "What events call the model; by default named after the data set.")
    var name: String?

    @Option(help: "The version to write.")
    var modelVersion = "1"

    @Option(help: "Passes over the rows.")
    var epochs = 30

    @Option(help: "Where everything random starts.")
    var seed: UInt64 = 7

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func run() async throws {
        let data = try Dataset(dataset)
        let (training, heldOut) = Self.holdOut(data, seed: seed)
        let trained = try ModelTraining(
            name: name ?? dataset.modelName,
            version: modelVersion,
            architecture: architecture,
            classes: data.classes,
            scale: data.scale,
            epochs: epochs,
            seed: seed
        ).train(training)
        let folder = "\(output)/\(modelVersion)"
        try trained.model.save(folder: folder)
        try trained.writeLog(to: "\(folder)/training.jsonl")

        let predicted = try trained.model.predict(heldOut.rows)
        var generator = SeededGenerator(seed: seed)
        let report = try ClassificationReport(
            labels: heldOut.labels,
            scores: ProbabilityScores(labels: heldOut.labels, probabilities: predicted),
            resamples: 0,
            using: &generator
        )
        guard let accuracy = report["accuracy"] else { return }
        switch format {
        case .json:
            print(
                JSONValue.object([
                    "model": .string(folder), "rows": .integer(Int64(training.labels.count)),
                    "held_out": .integer(Int64(heldOut.labels.count)), "accuracy": .number(accuracy.value),
                    "accuracy_low": .number(accuracy.interval?.lowerBound ?? .nan),
                    "accuracy_high": .number(accuracy.interval?.upperBound ?? .nan),
                    "seconds": .number(trained.duration / .seconds(1)),
                ]).text
            )
        case .table:
            let interval =
                accuracy.interval.map { " (95 % interval \($0.lowerBound.fixed(3)) … \($0.upperBound.fixed(3)))" } ?? ""
            print(
                "\(folder): accuracy \(accuracy.value.fixed(4))\(interval) on \(heldOut.labels.count) held-out rows, after \((trained.duration / .seconds(1)).fixed(1)) s"
            )
        }
    }

    private static func architecture(_ text: String) throws -> Architecture {
        guard let architecture = Architecture(rawValue: text) else {
            throw ValidationError("Architectures are \(Architecture.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return architecture
    }

    /// The set's own test rows, or a tenth of its rows at random.
    private static func holdOut(_ data: Dataset, seed: UInt64) -> (training: LabelledRows, heldOut: LabelledRows) {
        if let test = data.test { return (data.training, test) }
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(data.training.labels.count)
        let count = max(1, order.count / 10)
        return (data.training.selecting(Array(order[count...])), data.training.selecting(Array(order[..<count])))
    }
}
