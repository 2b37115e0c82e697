import Foundation
import JSON
package import NativeModels
package import NeuralNetworks
import Prediction
import Tensors

/// Trains a classifier with the settings that suit its rows, with a progress bar.
package struct ModelTraining: Sendable {
    /// A trained model and how it came about.
    package struct Trained: Sendable {
        package let model: NativeModel
        package let report: TrainingReport
        package let duration: Duration

        /// Writes one JSON object for each epoch.
        package func writeLog(to path: String) throws {
            let lines = report.epochs.map { epoch in
                JSONValue.object([
                    "epoch": .integer(Int64(epoch.number)), "loss": .number(epoch.loss),
                    "accuracy": epoch.accuracy.map { .number($0) } ?? .null,
                    "validation_loss": epoch.validationLoss.map { .number($0) } ?? .null,
                    "validation_accuracy": epoch.validationAccuracy.map { .number($0) } ?? .null,
                    "learning_rate": .number(Double(epoch.learningRate)),
                ]).text + "\n"
            }
            do {
                try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
            } catch {
                throw CommandError.unavailable("\(path) cannot be written", remedy: "Choose another --output")
            }
        }
    }

    private let training: ClassifierTraining
    private let scale: ClosedRange<Float>?

    /// - Parameter scale: The range of a pixel; nil for table rows, which are not augmented.
    package init(
        name: String,
        version: String = "1",
        architecture: Architecture,
        classes: [String],
        scale: ClosedRange<Float>?,
        epochs: Int,
        seed: UInt64
    ) {
        var training = ClassifierTraining(
            name: name,
            architecture: architecture,
            classes: classes,
            epochs: epochs,
            seed: seed
        )
        training.version = version
        self.training = training
        self.scale = scale
    }

    /// Trains on `data`.
    ///
    /// - Throws: What the trainer throws: a loss that diverges, labels or shapes that do not fit.
    package func train(_ data: LabelledRows) throws -> Trained {
        var training = training
        var input: ColumnDescription?
        if let scale, data.rows.shape.count == 4 {
            let side = data.rows.shape[1]
            // Digits are never mirrored; photographs of 32 pixels and more are.
            training.augmentation =
                side >= 32
                ? ImageAugmentation(shift: Float(side) / 8, mirrors: true)
                : ImageAugmentation(shift: 0.8, rotation: 10, zoom: 0.1)
            input = ColumnDescription(
                name: "image",
                shape: Array(data.rows.shape.dropFirst()),
                kind: .image,
                scale: Double(scale.lowerBound)...Double(scale.upperBound),
                layout: .channelsLast
            )
        }
        let bar = ProgressBar("training \(training.name)")
        let start = ContinuousClock.now
        let (model, report) = try training.train(data.rows, labels: data.labels, inputs: input.map { [$0] }) { epoch in
            let accuracy = (epoch.validationAccuracy ?? epoch.accuracy).map { ", accuracy \($0.fixed(3))" } ?? ""
            bar.show(
                Double(epoch.number) / Double(epoch.of),
                "epoch \(epoch.number), loss \(epoch.loss.fixed(3))\(accuracy)"
            )
        }
        let duration = ContinuousClock.now - start
        bar.finish(
            "\(report.epochs.count) epochs in \((duration / .seconds(1)).fixed(1)) s, loss \(report.best.loss.fixed(3))"
        )
        return Trained(model: model, report: report, duration: duration)
    }
}
