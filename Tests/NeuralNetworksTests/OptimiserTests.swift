import JSON
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@Suite struct `Optimisers` {
    static let cases: [(name: String, optimiser: Optimiser, clipping: GradientClipping?)] = [
        ("sgd", .gradientDescent(learningRate: 0.05, momentum: 0), nil),
        ("momentum", .gradientDescent(learningRate: 0.05, momentum: 0.8, weightDecay: 0.1), nil),
        ("nesterov", .gradientDescent(learningRate: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.1), nil),
        ("adam", .adam(learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.05), nil),
        ("adamW", .adamW(learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.05), nil),
        ("rmsProp", .rmsProp(learningRate: 0.02, smoothing: 0.9, epsilon: 1e-3, weightDecay: 0.05), nil),
        ("rmsPropMomentum", .rmsProp(learningRate: 0.02, smoothing: 0.9, momentum: 0.7, epsilon: 1e-3), nil),
        ("clippedNorm", .gradientDescent(learningRate: 0.05, momentum: 0), .norm(0.5)),
        ("clippedValue", .gradientDescent(learningRate: 0.05, momentum: 0), .value(0.3)),
    ]

    /// The weights (1, 2) after some steps towards (3, −0.5), of which the mean squared difference is the loss.
    private func weights(_ optimiser: Optimiser, _ clipping: GradientClipping?, steps: Int) throws -> [Float] {
        let network = try Network(
            inputShape: [1],
            layers: [.dense(units: 2, bias: false)],
            weights: ["dense1.weight": Tensor(shape: [1, 2], elements: [1, 2])]
        )
        var trainer = Trainer()
        trainer.epochs = steps
        trainer.optimiser = optimiser
        trainer.clipping = clipping
        let examples = try TrainingExamples(
            inputs: Tensor(shape: [1, 1], repeating: 1),
            targets: Tensor(shape: [1, 2], elements: [3, -0.5])
        )
        let (trained, _) = try trainer.train(network, on: examples, objective: .meanSquaredError)
        return try #require(trained.weights["dense1.weight"]).elements
    }

    @Test(arguments: cases)
    func `follow PyTorch step by step`(name: String, optimiser: Optimiser, clipping: GradientClipping?) throws {
        let path = try #require(ReferenceValues.read("training")["optimisers"]?[name]?.array)
        #expect(path.count == 6)
        for (step, expected) in path.enumerated() {
            for (weight, expected) in zip(
                try weights(optimiser, clipping, steps: step + 1),
                expected.array?.compactMap(\.double) ?? []
            ) {
                // Single precision against double: a few roundings of numbers about 2.
                #expect(abs(Double(weight) - expected) < 2e-6, "\(name), step \(step + 1)")
            }
        }
    }

    @Test func `decay biases only when they are told to`() throws {
        func bias(decaysAll: Bool) throws -> Float {
            let network = try Network(
                inputShape: [1],
                layers: [.dense(units: 1)],
                weights: [
                    "dense1.weight": Tensor(shape: [1, 1], repeating: 0),
                    "dense1.bias": Tensor(shape: [1], repeating: 1),
                ]
            )
            var trainer = Trainer()
            trainer.epochs = 1
            trainer.optimiser = .adamW(learningRate: 0.5, weightDecay: 0.5)
            trainer.decaysAll = decaysAll
            // The target is met, so the gradient is 0 and only decay moves a weight.
            let examples = try TrainingExamples(
                inputs: Tensor(shape: [1, 1], repeating: 1),
                targets: Tensor(shape: [1, 1], repeating: 1)
            )
            let (trained, _) = try trainer.train(network, on: examples, objective: .meanSquaredError)
            return try #require(trained.weights["dense1.bias"])[0]
        }
        #expect(try bias(decaysAll: false) == 1)
        #expect(try bias(decaysAll: true) == 0.75)
    }
}
