import LinearAlgebra
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors

/// The cases of scripts/bench/nets, each the same work as in its peer.py.
enum NetCases {
    private static let cases: [String: @Sendable (_ steps: Int) throws -> Void] = [
        "convnet-step": { try classify(convnet, rows: 64, steps: $0) },
        "convnet-forward": { try infer(convnet, rows: 64, steps: $0) },
        "autoencoder-step": { try reconstruct(autoencoder, rows: 128, steps: $0) },
        "lstm-step": { try classify(lstm, rows: 64, steps: $0) },
        "resnet-step": { try classify(try resnet(), rows: 64, steps: $0) },
        "kernel-matrix": { try kernelMatrix(steps: $0) },
        "digits-latency": { try answer(steps: $0) },
    ]

    /// Runs `CASE STEPS`: announces itself when warm, then takes `STEPS` steps each time that it is told to.
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 2, let body = cases[arguments[0]], let steps = Int(arguments[1]), steps > 0 else {
            throw UsageError("nets takes a case and a number of steps; cases: \(cases.keys.sorted())")
        }
        try body(steps)
    }

    // MARK: Networks

    /// Layers with the shape of one row.
    private typealias Design = (inputShape: [Int], layers: [Layer])

    private static let convnet: Design = (
        [32, 32, 3],
        [32, 64, 128].flatMap { [.convolution(filters: $0, kernel: 3), .relu, .maxPooling(size: 2)] }
            + [.flatten, .dense(units: 256), .relu, .dense(units: 10)]
    )

    private static let autoencoder: Design = (
        [784],
        [.dense(units: 256), .relu, .dense(units: 64), .relu, .dense(units: 256), .relu, .dense(units: 784)]
    )

    private static let lstm: Design = ([50, 64], [.lstm(units: 128, returns: .last), .dense(units: 10)])

    private static func resnet() throws -> Design {
        let shape = [32, 32, 3]
        let rescaling = Layer.rescale(scale: 2, offset: 0.5)
        return (shape, try Architecture.resnet.layers(inputShape: shape, classes: 10, rescaling: rescaling))
    }

    private static func network(_ design: Design) throws -> Network {
        var generator = SeededGenerator(seed: 1)
        return try Network(inputShape: design.inputShape, layers: design.layers, using: &generator)
    }

    private static func inputs(_ rows: Int, _ shape: [Int]) throws -> Tensor<Float> {
        try Tensor(shape: [rows] + shape, elements: RandomFloats.make(rows * shape.reduce(1, *)))
    }

    // MARK: Work

    private static func classify(_ design: Design, rows: Int, steps: Int) throws {
        let inputs = try inputs(rows * steps, design.inputShape)
        let labels = (0..<inputs.rows).map { $0 % 10 }
        let examples = try TrainingExamples(inputs: inputs, labels: labels, classes: 10)
        try train(design, on: examples, .softmaxCrossEntropy(), rows: rows)
    }

    private static func reconstruct(_ design: Design, rows: Int, steps: Int) throws {
        let examples = TrainingExamples(inputs: try inputs(rows * steps, design.inputShape))
        try train(design, on: examples, .reconstruction, rows: rows)
    }

    /// Training steps with Adam, by the trainer itself: each epoch is one round.
    private static func train(
        _ design: Design,
        on examples: TrainingExamples,
        _ objective: Objective,
        rows: Int
    ) throws {
        let network = try network(design)
        var trainer = Trainer()
        trainer.batchSize = rows
        trainer.epochs = 1_000_000_000
        trainer.optimiser = .adam()
        var started: Rounds.Started?
        do {
            _ = try trainer.train(network, on: examples, objective: objective) { _ in
                if let started { started.finish() } else { Rounds.announce(weights: network.trainedWeightCount) }
                guard Rounds.wait() else { throw Finished() }
                started = Rounds.Started()
            }
        } catch is Finished {}
    }

    /// How a training is left when no more rounds are wanted.
    private struct Finished: Error {}

    /// Forward passes of a network as the services run it.
    private static func infer(_ design: Design, rows: Int, steps: Int) throws {
        let network = try network(design)
        let batch = try inputs(rows, design.inputShape)
        _ = try network(batch)
        Rounds.announce(weights: network.trainedWeightCount)
        try Rounds.serve { for _ in 0..<steps { _ = try network(batch) } }
    }

    /// One row at a time through the net of `vedette train --dataset digits --architecture cnn`, probabilities included.
    private static func answer(steps: Int) throws {
        let shape = [8, 8, 1]
        let rescaling = Layer.rescale(scale: 1.0 / 6, offset: 4.9)
        let layers = try Architecture.cnn.layers(inputShape: shape, classes: 10, rescaling: rescaling)
        let network = try network((shape, layers))
        let model = try NativeModel(
            ModelDescription(
                name: "digits",
                version: "1",
                inputs: [ColumnDescription(name: "image", shape: shape, kind: .image)],
                outputs: [ColumnDescription(name: "p", shape: [10], classes: (0..<10).map(String.init))]
            ),
            network: network
        )
        let row = try inputs(1, shape)
        for _ in 0..<steps { _ = try model.predict(row) }
        Rounds.announce(weights: network.trainedWeightCount)
        var times = [Double](repeating: 0, count: steps)
        while Rounds.wait() {
            let started = Rounds.Started()
            for step in 0..<steps {
                let start = Clock.wallSeconds()
                _ = try model.predict(row)
                times[step] = Clock.wallSeconds() - start
            }
            started.finish(calls: times)
        }
    }

    /// The matrix of a Gaussian kernel over all pairs of 2,000 rows of 64 numbers.
    private static func kernelMatrix(steps: Int) throws {
        let x = try inputs(2000, [64])
        let y = try inputs(2000, [64])
        var kernels = Tensor<Float>(shape: [2000, 2000], repeating: 0)
        try KernelMatrix.gaussian(x, y, gamma: 1.0 / 64, into: &kernels)
        Rounds.announce(weights: 0)
        try Rounds.serve {
            for _ in 0..<steps { try KernelMatrix.gaussian(x, y, gamma: 1.0 / 64, into: &kernels) }
        }
    }
}
