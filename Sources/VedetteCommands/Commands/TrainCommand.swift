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
            Where the data set keeps no test rows of its own, a tenth is held out by seed. Every epoch is printed and kept \
            in training.jsonl of the version folder, then the accuracy on held-out rows with its interval. Settings that \
            are left out suit the rows. The same command, data and seed give the same model, bit for bit.

            Ctrl-C stops; the same command with --resume goes on from the last checkpoint and ends at the same model as \
            if it had not been stopped.

            Examples:
              vedette train --dataset digits --architecture cnn \\
                --output models/digits
              vedette train --dataset cifar10:cifar-10-batches-bin \\
                --architecture resnet --output models/cifar10
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

    @Option(help: "Where everything random starts.")
    var seed: UInt64 = 7

    @OptionGroup(title: "Training")
    var settings: TrainingOptions

    @Option(help: "Epochs between checkpoints; 0 for none.")
    var checkpointEvery = 1

    @Flag(help: "Go on from the checkpoint in the output folder.")
    var resume = false

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func validate() throws {
        // The version is a folder of the model's, and has to stay one.
        let isPlain = modelVersion.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, (1...128).contains(modelVersion.utf8.count), !modelVersion.hasPrefix("."),
            !modelVersion.hasSuffix(".partial")
        else {
            throw ValidationError(
                "--model-version \(modelVersion) is no version. Name it in letters, digits, -, _ and ., such as 1 or 2.1."
            )
        }
    }

    package func run() async throws {
        let data = try Dataset(dataset)
        let (rows, heldOut) = try Self.holdOut(data, seed: seed)
        var training = ClassifierTraining.suited(
            to: rows.rows.rowShape,
            scale: data.scale,
            name: name ?? dataset.modelName,
            architecture: architecture,
            classes: data.classes,
            seed: seed
        )
        training.version = modelVersion
        settings.apply(to: &training)
        let folder = "\(output)/\(modelVersion)"
        var job = ModelTraining(training, scale: data.scale, dataset: "\(dataset)", folder: folder)
        job.printsEpochs = true
        job.checkpointEvery = checkpointEvery > 0 ? checkpointEvery : nil
        job.resumes = resume
        let trained = try job.train(rows)

        let predicted = try trained.model.predict(heldOut.rows)
        var generator = SeededGenerator(seed: seed)
        let report = try ClassificationReport(
            labels: heldOut.labels,
            scores: ProbabilityScores(labels: heldOut.labels, probabilities: predicted),
            resamples: 0,
            using: &generator
        )
        guard let accuracy = report["accuracy"] else { return }
        try trained.log.write(
            "held-out",
            [
                "rows": .integer(Int64(heldOut.labels.count)), "accuracy": .number(accuracy.value),
                "accuracy_low": .number(accuracy.interval?.lowerBound ?? .nan),
                "accuracy_high": .number(accuracy.interval?.upperBound ?? .nan),
            ]
        )
        switch format {
        case .json:
            print(
                JSONValue.object([
                    "model": .string(folder), "rows": .integer(Int64(rows.labels.count)),
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
    private static func holdOut(_ data: Dataset, seed: UInt64) throws -> (training: LabelledRows, heldOut: LabelledRows)
    {
        let training = try data.trainingRows()
        if let test = data.test { return (training, test.rows) }
        guard training.labels.count > 1 else {
            throw CommandError.badInput("there is one row", remedy: "Give more: a tenth is held out")
        }
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(training.labels.count)
        let count = max(1, order.count / 10)
        return (training.selecting(Array(order[count...])), training.selecting(Array(order[..<count])))
    }
}
