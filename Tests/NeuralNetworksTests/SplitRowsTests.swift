import NeuralNetworks
import Statistics
import Tensors
import Testing

/// Batches that are large enough to be split over two cores and over several blocks of columns.
@Suite struct `A batch in parts` {
    /// Nets of which a layer takes more than a quarter of a million multiply-adds a row, so that 16 rows are split and
    /// one by itself is not.
    static let nets: [(inputShape: [Int], layers: [Layer])] = [
        (
            [16, 16, 3],
            [
                .convolution(filters: 16, kernel: 3), .activation(.tanh), .convolution(filters: 16, kernel: 3),
                .activation(.tanh), .flatten, .dense(units: 128), .activation(.tanh), .dense(units: 2),
            ]
        ),
        (
            [16, 16, 4],
            [
                .convolution(filters: 24, kernel: 5, groups: 2), .activation(.tanh),
                .transposedConvolution(filters: 4, kernel: 3, stride: 1, dilation: 2, groups: 4), .activation(.tanh),
                .globalAveragePooling, .dense(units: 2),
            ]
        ),
        ([12, 40], [.lstm(units: 64, bidirectional: true), .gru(units: 48, returns: .last), .dense(units: 2)]),
        ([40, 64], [.dense(units: 96), .selfAttention(heads: 4, causal: true), .flatten, .dense(units: 2)]),
    ]

    @Test(arguments: nets.indices)
    func `has the mean of the gradients of its rows`(index: Int) throws {
        var generator = SeededGenerator(seed: 21)
        let (inputShape, layers) = Self.nets[index]
        let network = try Network(inputShape: inputShape, layers: layers, using: &generator)
        let rows = 16
        let inputs = Tensor<Float>.normal([rows] + inputShape, &generator)
        let targets = Tensor<Float>.normal([rows, 2], &generator)

        let together = try gradients(network, inputs, targets)
        var means = [Double](repeating: 0, count: together.count)
        for row in 0..<rows {
            let alone = try gradients(network, inputs.rows(row..<row + 1), targets.rows(row..<row + 1))
            for index in means.indices { means[index] += alone[index] / Double(rows) }
        }
        // A gradient is read off as a difference of weights near 0.1, which costs it about 1e-8 each.
        #expect(distance(together, means) < 1e-4)
    }

    /// What one step of rate 1 takes off every weight.
    private func gradients(
        _ network: Network,
        _ inputs: Tensor<Float>,
        _ targets: Tensor<Float>
    ) throws -> [Double] {
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.optimiser = .gradientDescent(learningRate: 1, momentum: 0)
        let examples = try TrainingExamples(inputs: inputs, targets: targets)
        let after = try trainer.train(network, on: examples, objective: .meanSquaredError).network.weights
        return network.weightShapes.flatMap { name, _ in
            zip(network.weights[name]?.elements ?? [], after[name]?.elements ?? []).map { Double($0 - $1) }
        }
    }
}
