import Foundation
import NeuralNetworks
import Statistics
import Tensors
import TestSupport
import Testing

/// A training of images with everything that has a state: dropout, normalisation, momentum, augmentation on a second
/// thread, accumulation, validation and a plateau.
private struct Material {
    var trainer = Trainer()
    var layers: [Layer] = [
        .convolution(filters: 4, kernel: 3), .batchNormalisation(), .relu, .dropout(rate: 0.2), .flatten,
        .dense(units: 2),
    ]
    var examples: TrainingExamples

    init() throws {
        var generator = SeededGenerator(seed: 4)
        let labels = (0..<50).map { $0 % 2 }
        var images = Tensor<Float>.normal([50, 6, 6, 1], &generator)
        images.withUnsafeMutableBufferPointer { pixels in
            for index in pixels.indices where labels[index / 36] == 1 { pixels[index] += 0.5 }
        }
        examples = try TrainingExamples(inputs: images, labels: labels, classes: 2)
        trainer.epochs = 6
        trainer.batchSize = 7
        trainer.accumulation = 2
        trainer.optimiser = .adamW(learningRate: 1e-2)
        trainer.schedule = .plateau(factor: 0.5, patience: 0)
        trainer.clipping = .norm(1)
        trainer.validationShare = 0.2
        trainer.augmentation = ImageAugmentation(crop: 1, noise: 0.1, mirrors: true, cutout: 2)
        trainer.seed = 3
    }

    /// - Parameter stopAfter: The epoch after which the training is broken off.
    /// - Returns: The outcome, nil when it was broken off, and the last checkpoint.
    func run(
        resuming checkpoint: TrainingCheckpoint? = nil,
        stopAfter: Int? = nil
    ) throws -> (weights: [String: Tensor<Float>]?, report: TrainingReport?, checkpoint: TrainingCheckpoint?) {
        var generator = SeededGenerator(seed: 1)
        let network = try Network(inputShape: [6, 6, 1], layers: layers, using: &generator)
        var last: TrainingCheckpoint?
        do {
            let (trained, report) = try trainer.train(
                network,
                on: examples,
                objective: .softmaxCrossEntropy(),
                resuming: checkpoint,
                batchEnded: { if let stopAfter, $0.epoch > stopAfter, $0.share > 0.4 { throw Stop() } },
                keep: { last = $0 }
            )
            return (trained.weights, report, last)
        } catch is Stop {
            return (nil, nil, last)
        }
    }

    private struct Stop: Error {}
}

@Suite struct `A training checkpoint` {
    @Test(arguments: [
        Optimiser.adamW(learningRate: 1e-2), .adam(), .rmsProp(learningRate: 1e-3, momentum: 0.5),
        .gradientDescent(learningRate: 1e-2, nesterov: true),
    ])
    func `goes on to the same weights, bit for bit, from the file that it was written to`(optimiser: Optimiser) throws {
        var material = try Material()
        material.trainer.optimiser = optimiser
        let whole = try material.run()
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/checkpoint.safetensors"
        // Stopped in the middle of the fourth epoch: the third is the last that was kept.
        let stopped = try material.run(stopAfter: 3)
        #expect(stopped.weights == nil && stopped.checkpoint?.epochs.count == 3)
        try #require(stopped.checkpoint).write(to: path)
        let resumed = try material.run(resuming: TrainingCheckpoint(path: path))
        #expect(resumed.weights == whole.weights)
        #expect(resumed.report == whole.report)
        #expect(whole.report?.epochs.count == 6)
    }

    @Test func `keeps the rule of patience across a stop`() throws {
        var material = try Material()
        material.trainer.epochs = 40
        material.trainer.patience = 2
        let whole = try material.run()
        let report = try #require(whole.report)
        #expect(report.stoppedEarly)
        let resumed = try material.run(resuming: material.run(stopAfter: report.epochs.count - 1).checkpoint)
        #expect(resumed.report == report && resumed.weights == whole.weights)
    }

    @Test func `is refused by another training, by name`() throws {
        let material = try Material()
        let checkpoint = try #require(material.run(stopAfter: 1).checkpoint)
        func refusal(_ change: (inout Material) throws -> Void) throws -> String {
            var other = material
            try change(&other)
            let error = try #require(throws: NeuralNetworkError.self) { _ = try other.run(resuming: checkpoint) }
            #expect(error.code == .foreignCheckpoint)
            return error.message
        }
        #expect(try refusal { $0.layers[0] = .convolution(filters: 5, kernel: 3) }.contains("layer 1"))
        #expect(try refusal { $0.layers.insert(.relu, at: 5) }.contains("layer 6"))
        #expect(try refusal { $0.trainer.optimiser = .adam() }.contains("optimiser"))
        #expect(try refusal { $0.trainer.schedule = .constant }.contains("schedule"))
        #expect(try refusal { $0.trainer.seed = 4 }.contains("seed"))
        #expect(try refusal { $0.trainer.epochs = 7 }.contains("number of epochs"))
        #expect(try refusal { $0.trainer.augmentation?.cutout = 3 }.contains("augmentation"))
        #expect(
            try refusal {
                var inputs = $0.examples.inputs
                inputs.withUnsafeMutableBufferPointer { $0[17] += 1 }
                $0.examples = try TrainingExamples(inputs: inputs, labels: (0..<50).map { $0 % 2 }, classes: 2)
            }.contains("data set")
        )
    }

    @Test func `is refused when the file is cut short, is something else, or lacks a tensor`() throws {
        let material = try Material()
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/checkpoint.safetensors"
        try #require(material.run(stopAfter: 1).checkpoint).write(to: path)
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        func refusal() throws -> NeuralNetworkError {
            try #require(throws: NeuralNetworkError.self) {
                _ = try material.run(resuming: TrainingCheckpoint(path: path))
            }
        }
        for count in [0, 7, 100, whole.count - 1] {
            directory.write(Array(whole[..<count]), to: "checkpoint.safetensors")
            let error = try refusal()
            #expect(error.code == .invalidCheckpoint && error.message.contains(path), "\(error)")
        }
        try Safetensors(tensors: ["weights": .float32(Tensor(shape: [1], repeating: 0))]).write(to: path)
        #expect(try refusal().message.contains("no checkpoint"))
        directory.write(whole, to: "checkpoint.safetensors")
        var file = try Safetensors.read(path: path)
        file.tensors["second"] = nil
        try file.write(to: path)
        #expect(try refusal().message.contains("second is missing"))
        file.tensors["second"] = .float32(Tensor(shape: [3], repeating: 0))
        try file.write(to: path)
        #expect(try refusal().message.contains("[3]"))
        file.metadata["state"] = "{\"epochs\": []}"
        try file.write(to: path)
        #expect(try refusal().message.contains("state"))
    }
}
