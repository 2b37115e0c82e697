import NeuralNetworks
import Statistics
import Tensors
import Testing

/// Layers that behave differently while training.
@Suite struct `Training and inference` {
    @Test func `batch normalisation learns running averages and uses them afterwards`() throws {
        var generator = SeededGenerator(seed: 5)
        let layers: [Layer] = [.batchNormalisation(momentum: 0.5, epsilon: 1e-3)]
        let network = try Network(inputShape: [1], layers: layers, using: &generator)
        let inputs = try Tensor<Float>(shape: [4, 1], elements: [1, 2, 3, 6])
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.optimiser = .gradientDescent(learningRate: 1e-12, momentum: 0)
        let (trained, report) = try trainer.train(
            network,
            on: TrainingExamples(inputs: inputs, targets: Tensor(shape: [4, 1], repeating: 0)),
            objective: .meanSquaredError
        )
        // By hand: mean 3, biased variance 3.5, unbiased 14/3; halfway from (0, 1).
        #expect(trained.weights["batch-normalisation1.mean"]?.elements == [1.5])
        let variance = try #require(trained.weights["batch-normalisation1.variance"]?[0])
        #expect(abs(variance - (0.5 + 7.0 / 3)) < 1e-5)
        // While training the batch itself has variance 3.5 / (3.5 + epsilon).
        #expect(abs(report.epochs[0].loss - 3.5 / 3.501) < 1e-4)
        let output = try trained(inputs).elements
        #expect(abs(output[0] - (1 - 1.5) / (variance + 1e-3).squareRoot()) < 1e-5)
    }

    @Test func `dropout does nothing in inference and keeps the mean while training`() throws {
        var generator = SeededGenerator(seed: 6)
        let network = try Network(inputShape: [2_000], layers: [.dropout(rate: 0.25)], using: &generator)
        let ones = Tensor<Float>(shape: [1, 2_000], repeating: 1)
        #expect(try network(ones) == ones)

        var trainer = Trainer()
        trainer.epochs = 1
        let examples = try TrainingExamples(inputs: ones, targets: Tensor(shape: [1, 2_000], repeating: 0))
        let (_, report) = try trainer.train(network, on: examples, objective: .meanSquaredError)
        // Kept values are 4/3: the mean square is 16/9 · 0.75 = 4/3, with standard error 0.017.
        #expect(abs(report.epochs[0].loss - 4.0 / 3) < 0.08)
    }

    @Test func `a frozen network passes gradients by its running averages and stays as it is`() throws {
        var generator = SeededGenerator(seed: 7)
        let layers: [Layer] = [.dense(units: 3), .batchNormalisation(), .dropout(rate: 0.5), .activation(.softmax)]
        let frozen = try Network(inputShape: [4], layers: layers, using: &generator)
        let weights = frozen.weights
        let graph = Graph()
        let input = graph.input(shape: [4], differentiable: true)
        let output = try graph.apply(frozen, to: input)
        let batch = Tensor<Float>.normal([3, 4], &generator)
        graph.begin(rows: 3)
        try graph.write(batch, to: input)
        try graph.run(training: true)
        #expect(graph.value(of: output) == (try frozen(batch)))
        try graph.backward(from: output, training: true) { weights in
            weights.update(repeating: 0); weights[0] = 1
        }
        let expected = try frozen.pullback(at: batch) { rows, _, weights in
            weights.update(repeating: 0)
            if rows.contains(0) { weights[0] = 1 }
        }
        #expect(graph.gradient(of: input) == expected)
        #expect(frozen.weights == weights)
    }
}
