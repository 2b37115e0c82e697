import CAllocationCount
import NeuralNetworks
import Statistics
import Tensors

/// A network and how it is trained, large enough that its batches are computed in two parts.
struct Design: Sendable {
    let name: String
    let inputShape: [Int]
    let layers: [Layer]
    var objective = Objective.meanSquaredError
    /// What is changed of the usual settings.
    var adjust: @Sendable (inout Trainer) -> Void = { _ in }

    /// Rows of a batch.
    static let batchSize = 16
    /// Batches of an epoch, each a step.
    static let steps = 8

    static let all: [Design] = [
        Design(
            name: "convolutions",
            inputShape: [16, 16, 3],
            layers: [
                .convolution(filters: 32, kernel: 3), .relu, .maxPooling(size: 2), .convolution(filters: 32, kernel: 3),
                .activation(.gelu), .averagePooling(size: 2), .flatten, .dense(units: 128), .dropout(rate: 0.2),
                .dense(units: 4),
            ]
        ),
        Design(
            name: "groups-and-transposes",
            inputShape: [16, 16, 4],
            layers: [
                .convolution(filters: 24, kernel: 5, groups: 2), .groupNormalisation(groups: 2), .activation(.silu),
                .transposedConvolution(filters: 4, kernel: 3, stride: 2), .upsampling(factor: 2),
                .globalAveragePooling, .dense(units: 4),
            ],
            adjust: {
                $0.optimiser = .gradientDescent(learningRate: 0.01, momentum: 0.9)
                $0.clipping = .norm(1)
            }
        ),
        Design(
            name: "residual-with-batch-normalisation",
            inputShape: [16, 16, 8],
            layers: [
                .residual([
                    .convolution(filters: 32, kernel: 3, bias: false), .batchNormalisation(), .relu,
                    .convolution(filters: 32, kernel: 3, bias: false), .batchNormalisation(),
                ]),
                .relu, .globalMaxPooling, .dense(units: 4),
            ],
            adjust: { $0.accumulation = 2 }
        ),
        Design(
            name: "recurrences",
            inputShape: [12, 40],
            layers: [
                .lstm(units: 64, bidirectional: true), .gru(units: 48, returns: .last), .dense(units: 4),
            ]
        ),
        Design(
            name: "attention",
            inputShape: [40, 64],
            layers: [
                .dense(units: 96), .layerNormalisation(), .selfAttention(heads: 4, causal: true),
                .activation(.softmax), .flatten, .dense(units: 4),
            ]
        ),
        Design(
            name: "autoencoder",
            inputShape: [784],
            layers: [.dense(units: 256), .relu, .normalSampling, .dense(units: 256), .relu, .dense(units: 784)],
            objective: .reconstruction,
            adjust: { $0.optimiser = .adamW() }
        ),
        Design(
            name: "gradient-penalty",
            inputShape: [12, 12, 4],
            layers: [.convolution(filters: 24, kernel: 3), .activation(.tanh), .flatten, .dense(units: 1)],
            objective: Objective { graph, batch in try graph.gradientPenalty(of: batch.output, by: batch.input) }
        ),
    ]

    /// Trains for two epochs and counts the steps of the second.
    func train() throws -> (hash: String, allocations: allocation_count) {
        var generator = SeededGenerator(seed: 3)
        let network = try Network(inputShape: inputShape, layers: layers, using: &generator)
        let rows = Self.batchSize * Self.steps
        var trainer = Trainer()
        trainer.batchSize = Self.batchSize
        trainer.epochs = 2
        adjust(&trainer)
        let examples = try TrainingExamples(
            inputs: normal([rows] + inputShape, &generator),
            targets: normal([rows] + network.outputShape, &generator)
        )
        var allocations = allocation_count()
        var batches = 0
        // The first step of an epoch also arranges its rows.
        let trained = try trainer.train(network, on: examples, objective: objective) { _ in
        } batchEnded: { _ in
            batches += 1
            if batches == Self.steps + 1 { allocation_count_start() }
            if batches == 2 * Self.steps { allocations = allocation_count_stop() }
        }
        return (hash(of: trained.network), allocations)
    }

    private func normal(_ shape: [Int], _ generator: inout SeededGenerator) throws -> Tensor<Float> {
        try Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in Float(generator.normal()) })
    }

    /// FNV-1a over the bits of all weights.
    private func hash(of network: Network) -> String {
        let weights = network.weights
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for (name, _) in network.weightShapes {
            for value in weights[name]?.elements ?? [] {
                for shift in stride(from: 0, to: 32, by: 8) {
                    hash = (hash ^ UInt64(value.bitPattern >> shift & 0xFF)) &* 0x100_0000_01B3
                }
            }
        }
        return String(hash, radix: 16)
    }
}
