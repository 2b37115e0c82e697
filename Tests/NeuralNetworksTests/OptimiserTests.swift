import NeuralNetworks
import Tensors
import Testing

@Suite struct `Optimisers` {
    /// The loss (w − 3)² of a single weight: its gradient is 2 (w − 3).
    private func weights(_ optimiser: Optimiser, steps: Int) throws -> Float {
        let network = try Network(
            inputShape: [1],
            layers: [.dense(units: 1, bias: false)],
            weights: ["dense1.weight": Tensor(shape: [1, 1], repeating: 1)]
        )
        var trainer = Trainer()
        trainer.epochs = steps
        trainer.optimiser = optimiser
        let examples = try TrainingExamples(
            inputs: Tensor(shape: [1, 1], repeating: 1),
            targets: Tensor(shape: [1, 1], repeating: 3)
        )
        let (trained, _) = try trainer.train(network, on: examples, objective: .meanSquaredError)
        return try #require(trained.weights["dense1.weight"])[0]
    }

    @Test func `Adam follows its formula, weight decay apart`() throws {
        let (rate, beta1, beta2, epsilon, decay) = (0.1, 0.9, 0.99, 1e-3, 0.05)
        var (w, m, v) = (1.0, 0.0, 0.0)
        for step in 1...5 {
            let g = 2 * (w - 3)
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            var (power1, power2) = (1.0, 1.0)
            for _ in 1...step { (power1, power2) = (power1 * beta1, power2 * beta2) }
            w -= rate * decay * w + rate * (m / (1 - power1)) / ((v / (1 - power2)).squareRoot() + epsilon)
        }
        let adam = Optimiser.adam(learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.05)
        #expect(abs(Double(try weights(adam, steps: 5)) - w) < 1e-5)
    }

    @Test func `momentum keeps its speed`() throws {
        var (w, speed) = (1.0, 0.0)
        for _ in 1...5 {
            speed = 0.8 * speed + 2 * (w - 3) + 0.1 * w
            w -= 0.05 * speed
        }
        let optimiser = Optimiser.gradientDescent(learningRate: 0.05, momentum: 0.8, weightDecay: 0.1)
        #expect(abs(Double(try weights(optimiser, steps: 5)) - w) < 1e-5)
    }

    @Test func `the cosine schedule rises, then falls to nothing`() throws {
        var trainer = Trainer()
        trainer.epochs = 10
        trainer.batchSize = 1
        trainer.schedule = .cosine(warmup: 0.05)
        trainer.optimiser = .gradientDescent(learningRate: 1e-3, momentum: 0)
        let network = try Network(
            inputShape: [1],
            layers: [.dense(units: 1, bias: false)],
            weights: ["dense1.weight": Tensor(shape: [1, 1], repeating: 1)]
        )
        let examples = TrainingExamples(inputs: Tensor(shape: [10, 1], repeating: 1))
        let (_, report) = try trainer.train(network, on: examples, objective: .reconstruction)
        let rates = report.epochs.map(\.learningRate)
        #expect(rates[0] == rates.max())
        // By hand: the last of the fifth epoch's steps is 49 of 100, (0.49 - 0.05) / 0.95 of the way down.
        #expect(abs(rates[4] - 5.57742e-4) < 1e-7)
        #expect(rates[9] < 1e-6)
        #expect(rates.dropFirst().elementsEqual(rates.dropFirst().sorted(by: >)))
    }
}
