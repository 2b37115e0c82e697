import NeuralNetworks
import Statistics
import Tensors
import Testing

/// Batches that are large enough to be split over two cores and over several blocks of columns.
@Suite struct `A batch in parts` {
    @Test func `has the mean of the gradients of its rows`() throws {
        var generator = SeededGenerator(seed: 21)
        let layers: [Layer] = [
            .convolution(filters: 16, kernel: 3), .activation(.tanh), .convolution(filters: 16, kernel: 3),
            .activation(.tanh), .flatten, .dense(units: 128), .activation(.tanh), .dense(units: 2),
        ]
        let network = try Network(inputShape: [16, 16, 3], layers: layers, using: &generator)
        // The second convolution takes 0.6 million multiply-adds a row: 16 rows are split, and each half is more than
        // the 7 images of one block; a row by itself is neither.
        let rows = 16
        let inputs = Tensor<Float>.normal([rows, 16, 16, 3], &generator)
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
