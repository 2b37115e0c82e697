import Foundation
import JSON
import NativeModels
import NeuralNetworks
import Statistics
import Tensors
import TestSupport
import Testing
import VedetteCommands

@Suite struct `Training of a model folder` {
    private let directory = TemporaryDirectory()

    private var rows: LabelledRows {
        get throws {
            var generator = SeededGenerator(seed: 5)
            let labels = (0..<40).map { $0 % 2 }
            return LabelledRows(
                rows: try Tensor(
                    shape: [40, 2],
                    elements: labels.flatMap {
                        [Float($0) + 0.3 * Float(generator.normal()), Float(generator.normal())]
                    }
                ),
                labels: labels
            )
        }
    }

    private func job(_ folder: String) -> ModelTraining {
        let training = ClassifierTraining.suited(
            to: [2],
            scale: nil,
            name: "table",
            architecture: .mlp,
            classes: ["a", "b"],
            epochs: 4,
            seed: 1
        )
        var job = ModelTraining(training, scale: nil, dataset: "test", folder: "\(directory.path)/\(folder)")
        job.checkpointEvery = 1
        return job
    }

    private func log(_ folder: String) throws -> [JSONValue] {
        try String(contentsOfFile: "\(directory.path)/\(folder)/training.jsonl", encoding: .utf8)
            .split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory.path)/\(name)") }

    @Test func `writes a model, a line for each epoch, and leaves no checkpoint`() throws {
        let trained = try job("1").train(rows)
        let lines = try log("1")
        #expect(lines.map { $0["event"]?.string } == ["start", "epoch", "epoch", "epoch", "epoch", "end"])
        #expect(lines[0]["optimiser"]?.string?.hasPrefix("adamW") == true && lines[0]["rows"]?.int == 40)
        #expect(lines[4]["loss"]?.double == trained.report.epochs[3].loss)
        #expect(lines.allSatisfy { $0["time"]?.string != nil })
        #expect(
            try NativeModel.load(folder: "\(directory.path)/1").predict(rows.rows) == trained.model.predict(rows.rows)
        )
        #expect(!exists("1/checkpoint.safetensors"))
    }

    @Test func `says what to try when the loss is lost, in the log too`() throws {
        var job = job("1")
        job.training.trainer.optimiser = .gradientDescent(learningRate: 1e30)
        let failing = job
        let error = try #require(throws: CommandError.self) { _ = try failing.train(rows) }
        #expect(error.exitCode == 78 && error.message.contains("step") && error.message.contains("e+"))
        #expect(try log("1").last?["code"]?.string == "diverged")
        #expect(!exists("1/model.toml"))
    }

    @Test func `refuses to resume where there is nothing, or something else`() throws {
        var resuming = job("1")
        resuming.resumes = true
        let missing = resuming
        #expect(try #require(throws: CommandError.self) { _ = try missing.train(rows) }.exitCode == 69)
        try FileManager.default.createDirectory(atPath: "\(directory.path)/1", withIntermediateDirectories: true)
        directory.write([1, 2, 3], to: "1/checkpoint.safetensors")
        let error = try #require(throws: CommandError.self) { _ = try missing.train(rows) }
        #expect(error.exitCode == 78 && error.message.contains("checkpoint.safetensors"))
    }
}
