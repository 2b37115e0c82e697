import NeuralNetworks
import Statistics
import Tensors
import Testing

@Suite struct `A trainer` {
    /// Points on the plane, of class 1 inside a circle: no line divides them.
    private static func circle(_ count: Int, seed: UInt64) throws -> TrainingExamples {
        var generator = SeededGenerator(seed: seed)
        let inputs = Tensor<Float>.normal([count, 2], &generator)
        let labels = (0..<count).map { row in
            inputs[2 * row] * inputs[2 * row] + inputs[2 * row + 1] * inputs[2 * row + 1] < 1.4 ? 1 : 0
        }
        return try TrainingExamples(inputs: inputs, labels: labels, classes: 2)
    }

    private static func network(_ layers: [Layer] = [.dense(units: 16), .relu, .dense(units: 2)]) throws -> Network {
        var generator = SeededGenerator(seed: 1)
        return try Network(inputShape: [2], layers: layers, using: &generator)
    }

    @Test func `learns what no line divides`() throws {
        var trainer = Trainer()
        trainer.epochs = 30
        trainer.optimiser = .adam(learningRate: 1e-2)
        trainer.validationShare = 0.25
        let (_, report) = try trainer.train(
            Self.network(),
            on: Self.circle(400, seed: 2),
            objective: .softmaxCrossEntropy()
        )
        #expect(try #require(report.best.validationAccuracy) > 0.93)
        #expect(try #require(report.best.validationLoss) < #require(report.epochs[0].validationLoss))
    }

    @Test func `gives the same network for the same seed and another for another`() throws {
        var trainer = Trainer()
        trainer.epochs = 2
        trainer.seed = 5
        let network = try Self.network([.dense(units: 8), .dropout(rate: 0.2), .relu, .dense(units: 2)])
        let examples = try Self.circle(100, seed: 3)
        let first = try trainer.train(network, on: examples, objective: .softmaxCrossEntropy())
        let second = try trainer.train(network, on: examples, objective: .softmaxCrossEntropy())
        #expect(first.network.weights == second.network.weights)
        #expect(first.report == second.report)
        trainer.seed = 6
        let third = try trainer.train(network, on: examples, objective: .softmaxCrossEntropy())
        #expect(first.network.weights != third.network.weights)
    }

    @Test func `stops early and keeps the best epoch`() throws {
        var trainer = Trainer()
        trainer.epochs = 200
        trainer.optimiser = .adam(learningRate: 0.05)
        trainer.validationShare = 0.5
        trainer.patience = 5
        let examples = try Self.circle(40, seed: 4)
        let (network, report) = try trainer.train(Self.network(), on: examples, objective: .softmaxCrossEntropy())
        #expect(report.stoppedEarly && report.epochs.count < 200)
        #expect(report.bestEpoch == report.epochs.count - 5)
        let least = report.epochs.compactMap(\.validationLoss).min()
        #expect(report.best.validationLoss == least)
        // A training of just so many epochs ends at the same weights: what came after the best was thrown away.
        trainer.epochs = report.bestEpoch
        trainer.patience = nil
        #expect(
            try trainer.train(Self.network(), on: examples, objective: .softmaxCrossEntropy()).network.weights
                == network.weights
        )
    }

    @Test func `says at which step and rate the loss was lost`() throws {
        var trainer = Trainer()
        trainer.optimiser = .gradientDescent(learningRate: 1e30, momentum: 0)
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try trainer.train(Self.network(), on: Self.circle(100, seed: 5), objective: .softmaxCrossEntropy())
        }
        #expect(error.code == .diverged)
        #expect(error.message.contains("step") && error.message.contains("1e+30") && error.remedy.contains("tenth"))
    }

    @Test func `tells an explosion before the loss is infinite, and NaN in the rows`() throws {
        var trainer = Trainer()
        trainer.epochs = 50
        trainer.optimiser = .gradientDescent(learningRate: 3, momentum: 0.9)
        let examples = try TrainingExamples(
            inputs: Tensor(shape: [8, 2], repeating: 2),
            targets: Tensor(shape: [8, 2], repeating: 1)
        )
        let exploded = try #require(throws: NeuralNetworkError.self) {
            _ = try trainer.train(Self.network([.dense(units: 2)]), on: examples, objective: .meanSquaredError)
        }
        #expect(exploded.code == .diverged && exploded.message.contains("at the first step"), "\(exploded)")
        let missing = TrainingExamples(inputs: Tensor(shape: [1, 2], repeating: .nan))
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try Trainer().train(Self.network([.dense(units: 2)]), on: missing, objective: .reconstruction)
        }
        #expect(error.code == .diverged && error.message.contains("step 1 ") && error.remedy.contains("NaN"))
    }

    @Test func `makes of several batches the step of one that holds all their rows`() throws {
        // 22 rows: the last step of an epoch has 6 of 8, and its last batch 2 of 4.
        let examples = try Self.circle(22, seed: 8)
        var trainer = Trainer()
        trainer.epochs = 3
        trainer.optimiser = .gradientDescent(learningRate: 0.1)
        trainer.batchSize = 8
        let whole = try trainer.train(Self.network(), on: examples, objective: .softmaxCrossEntropy())
        trainer.batchSize = 4
        trainer.accumulation = 2
        let parts = try trainer.train(Self.network(), on: examples, objective: .softmaxCrossEntropy())
        #expect(whole.report.epochs.last?.steps == 9 && parts.report.epochs.last?.steps == 9)
        for (name, weight) in whole.network.weights {
            let other = try #require(parts.network.weights[name])
            // The same sums in another order.
            #expect(zip(weight.elements, other.elements).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name)")
        }
    }

    @Test func `ends when its task is cancelled or progress throws`() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try Trainer().train(Self.network(), on: Self.circle(100, seed: 6), objective: .softmaxCrossEntropy())
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        struct Enough: Error {}
        var epochs = 0
        #expect(throws: Enough.self) {
            _ = try Trainer().train(Self.network(), on: Self.circle(100, seed: 6), objective: .softmaxCrossEntropy()) {
                epochs = $0.number
                if $0.number == 2 { throw Enough() }
            }
        }
        #expect(epochs == 2)
    }

    @Test func `refuses settings and examples that cannot be used`() throws {
        let network = try Self.network()
        let examples = try Self.circle(10, seed: 7)
        func refusal(
            _ objective: Objective = .softmaxCrossEntropy(),
            on examples: TrainingExamples? = nil,
            _ change: (inout Trainer) -> Void = { _ in }
        ) throws -> NeuralNetworkError {
            var trainer = Trainer()
            change(&trainer)
            let given = examples
            return try #require(throws: NeuralNetworkError.self) {
                _ = try trainer.train(network, on: given ?? Self.circle(10, seed: 7), objective: objective)
            }
        }
        #expect(try refusal { $0.epochs = 0 }.message.contains("0 epochs"))
        #expect(try refusal { $0.validationShare = 1 }.message.contains("validation share"))
        #expect(try refusal { $0.optimiser = .adam(learningRate: -1) }.message.contains("learning rate"))
        #expect(try refusal { $0.augmentation = ImageAugmentation(shift: 1) }.message.contains("images"))
        #expect(try refusal(on: TrainingExamples(inputs: examples.inputs)).message.contains("target"))
        #expect(try refusal(on: TrainingExamples(inputs: Tensor(shape: [3, 5], repeating: 0))).code == .shapeMismatch)
        #expect(throws: NeuralNetworkError.self) {
            try TrainingExamples(inputs: examples.inputs, labels: Array(repeating: 2, count: 10), classes: 2)
        }
    }

    @Test func `an autoencoder learns through a frozen model of somebody else`() throws {
        var generator = SeededGenerator(seed: 9)
        let classifier = try Network(
            inputShape: [4],
            layers: [.dense(units: 3), .activation(.softmax)],
            using: &generator
        )
        let inputs = Tensor<Float>.normal([64, 4], &generator)
        let autoencoder = try Network(
            inputShape: [4],
            layers: [.dense(units: 8), .activation(.tanh), .dense(units: 4)],
            using: &generator
        )
        var trainer = Trainer()
        trainer.epochs = 30
        trainer.optimiser = .adam(learningRate: 1e-2)
        let before = classifier.weights
        let examples = try TrainingExamples(inputs: inputs, targets: classifier(inputs))
        // The same objective through the interface of a foreign model and through the graph.
        let foreign = try trainer.train(
            autoencoder,
            on: examples,
            objective: .divergence(through: Foreign(network: classifier))
        )
        let native = try trainer.train(
            autoencoder,
            on: examples,
            objective: Objective { graph, batch in
                let answers = try graph.apply(classifier, to: batch.output)
                guard let target = batch.target else { throw CancellationError() }
                return try graph.divergence(of: target, from: answers)
            }
        )
        #expect(foreign.report.best.loss < 0.1 * foreign.report.epochs[0].loss)
        #expect(abs(foreign.report.best.loss - native.report.best.loss) < 1e-4)
        #expect(classifier.weights == before)
    }

    private struct Foreign: DifferentiableMapping {
        let network: Network
        var outputShape: [Int] { network.outputShape }
        func callAsFunction(_ batch: Tensor<Float>) throws -> Tensor<Float> { try network(batch) }
        func pullback(_ weights: Tensor<Float>, at batch: Tensor<Float>) throws -> Tensor<Float> {
            try network.pullback(at: batch) { rows, _, target in
                for index in target.indices { target[index] = weights[rows.lowerBound * 3 + index] }
            }
        }
    }
}
