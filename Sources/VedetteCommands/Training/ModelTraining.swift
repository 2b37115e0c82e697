import Foundation
import JSON
package import NativeModels
package import NeuralNetworks
import Prediction
import Tensors

/// Trains a classifier into a version folder: model, log and, on the way, checkpoints.
package struct ModelTraining: Sendable {
    /// A trained model and how it came about.
    package struct Trained {
        package let model: NativeModel
        package let report: TrainingReport
        /// Of this run, without what came before a checkpoint.
        package let duration: Duration
        /// Open, for what is found out about the model.
        package let log: TrainingLog
    }

    /// How it is trained.
    package var training: ClassifierTraining
    /// The range of a pixel; nil for table rows.
    package var scale: ClosedRange<Float>?
    /// What the log calls the data set.
    package var dataset: String
    /// The version folder.
    package var folder: String
    /// Whether each epoch is printed, or a bar is enough.
    package var printsEpochs = false
    /// Epochs between checkpoints; nil for none.
    package var checkpointEvery: Int?
    /// Whether to go on from the checkpoint in the folder.
    package var resumes = false

    package init(_ training: ClassifierTraining, scale: ClosedRange<Float>?, dataset: String, folder: String) {
        self.training = training
        self.scale = scale
        self.dataset = dataset
        self.folder = folder
    }

    private var checkpointPath: String { "\(folder)/checkpoint.safetensors" }

    /// Trains on `data` and saves the model; the checkpoint goes when the model is there.
    ///
    /// - Throws: `CommandError` for what the trainer refuses (a loss that diverges, labels or shapes that do not fit, a
    ///   foreign checkpoint), when there is nothing to resume, and when SIGINT or SIGTERM came.
    package func train(_ data: LabelledRows) throws -> Trained {
        let checkpoint = try resumes ? resumable() : nil
        let log = try TrainingLog(folder: folder, continues: checkpoint != nil)
        try log.write(checkpoint == nil ? "start" : "resume", settings(data, checkpoint))
        let interruption = Interruption()
        let bar = ProgressBar("training \(training.name)")
        let start = ContinuousClock.now
        do {
            let (model, report) = try training.train(
                data.rows,
                labels: data.labels,
                inputs: inputs(data),
                resuming: checkpoint,
                progress: { epoch in
                    let duration = try log.write(epoch)
                    if printsEpochs { bar.note(Self.line(epoch, duration)) }
                },
                batchEnded: { batch in
                    try interruption.check()
                    bar.show(batch.total, "epoch \(batch.epoch) of \(batch.of), loss \(Double(batch.loss).fixed(3))")
                },
                keep: checkpointEvery.map { every in
                    { checkpoint in
                        guard checkpoint.epochs.count.isMultiple(of: every) else { return }
                        try checkpoint.write(to: checkpointPath)
                    }
                }
            )
            let duration = ContinuousClock.now - start
            try model.save(folder: folder)
            try? FileManager.default.removeItem(atPath: checkpointPath)
            try log.write(
                "end",
                [
                    "epochs": .integer(Int64(report.epochs.count)), "best_epoch": .integer(Int64(report.bestEpoch)),
                    "stopped_early": .bool(report.stoppedEarly), "seconds": .number(duration / .seconds(1)),
                ]
            )
            bar.finish(
                "\(report.epochs.count) epochs in \((duration / .seconds(1)).fixed(1)) s, "
                    + "loss \(report.best.loss.fixed(3))"
            )
            return Trained(model: model, report: report, duration: duration, log: log)
        } catch let error as NeuralNetworkError {
            try? log.write("error", ["code": .string(error.code.name), "error": .string(error.message)])
            throw CommandError.badInput(error.message, remedy: error.remedy)
        } catch is CancellationError {
            try? log.write("stopped", [:])
            let canResume = FileManager.default.fileExists(atPath: checkpointPath)
            throw CommandError(
                message: "the training was stopped",
                remedy: canResume ? "The same command with --resume goes on from \(checkpointPath)" : "Begin anew",
                exitCode: 130
            )
        }
    }

    private func resumable() throws -> TrainingCheckpoint {
        guard FileManager.default.fileExists(atPath: checkpointPath) else {
            throw CommandError.unavailable(
                "\(checkpointPath) is not there",
                remedy: "Give the --output and --model-version of the training that was stopped, or leave out --resume"
            )
        }
        do {
            return try TrainingCheckpoint(path: checkpointPath)
        } catch {
            throw CommandError.badInput(error.message, remedy: error.remedy)
        }
    }

    private func settings(_ data: LabelledRows, _ checkpoint: TrainingCheckpoint?) -> JSONObject {
        let trainer = training.trainer
        return [
            "model": .string(training.name), "version": .string(training.version), "dataset": .string(dataset),
            "rows": .integer(Int64(data.labels.count)), "architecture": .string(training.architecture.rawValue),
            "epochs": .integer(Int64(trainer.epochs)), "batch_size": .integer(Int64(trainer.batchSize)),
            "accumulation": .integer(Int64(trainer.accumulation)), "optimiser": .string("\(trainer.optimiser)"),
            "schedule": .string("\(trainer.schedule)"),
            "clipping": trainer.clipping.map { .string("\($0)") } ?? .null,
            "label_smoothing": .number(Double(training.labelSmoothing)),
            "augmentation": trainer.augmentation.map { .string("\($0)") } ?? .null,
            "validation_share": .number(trainer.validationShare), "seed": .string("\(trainer.seed)"),
            "epochs_done": .integer(Int64(checkpoint?.epochs.count ?? 0)),
        ]
    }

    /// What the schema says of the inputs: a picture and its range, or the columns of a table by their names, side by side
    /// in one tensor.
    private func inputs(_ data: LabelledRows) -> [ColumnDescription]? {
        if let columns = data.columns, data.rows.rowShape == [columns.count] {
            let tensor = columns.contains("features") ? "rows" : "features"
            return columns.enumerated().map { ColumnDescription(name: $1, tensor: tensor, index: $0) }
        }
        let shape = data.rows.rowShape
        guard let scale, shape.count == 3 else { return nil }
        return [
            ColumnDescription(
                name: "image",
                shape: shape,
                kind: .image,
                scale: Double(scale.lowerBound)...Double(scale.upperBound),
                layout: .channelsLast
            )
        ]
    }

    private static func line(_ epoch: TrainingEpoch, _ duration: Duration) -> String {
        func accuracy(_ share: Double?) -> String { share.map { ", accuracy \($0.fixed(4))" } ?? "" }
        let validation =
            epoch.validationLoss.map { "; validation loss \($0.fixed(4))\(accuracy(epoch.validationAccuracy))" } ?? ""
        return
            "epoch \(epoch.number) of \(epoch.of): loss \(epoch.loss.fixed(4))\(accuracy(epoch.accuracy))\(validation)"
            + "; rate \(Double(epoch.learningRate).fixed(5)), \((duration / .seconds(1)).fixed(1)) s"
    }
}
