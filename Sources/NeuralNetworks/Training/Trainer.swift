import Statistics
import Tensors

/// How a network is trained: batches, passes over the rows, optimiser, validation and when to stop.
///
/// The same settings, seed, rows and CPU level give the same network, bit for bit, on any number of cores.
public struct Trainer: Sendable {
    /// Passes over the rows, at most.
    public var epochs = 20
    /// Rows per step.
    public var batchSize = 32
    /// The rule that moves the weights.
    public var optimiser = Optimiser.adam()
    /// How the learning rate changes.
    public var schedule = LearningRateSchedule.constant
    /// The share of the rows that is kept out of training to judge each epoch, 0 for none.
    public var validationShare = 0.0
    /// Epochs without a lower validation loss after which training stops; the best epoch's weights are kept.
    public var patience: Int?
    /// Small random changes to images; each time a row is seen it is changed anew.
    public var augmentation: ImageAugmentation?
    /// Where shuffling, validation, augmentation and dropout begin.
    public var seed: UInt64 = 0

    /// A trainer with the usual settings.
    public init() {}

    /// Trains a copy of a network.
    ///
    /// - Parameters:
    ///   - network: Where to start; it stays as it is.
    ///   - examples: Rows of the network's input size, and targets where the objective needs them.
    ///   - objective: What to make small.
    ///   - progress: Called after each epoch; throwing ends the training.
    /// - Returns: The trained network, and how it went.
    /// - Throws: `.invalidTraining` for settings or examples that cannot be used; `.diverged` with step and learning
    ///   rate when the loss becomes NaN or infinite; `CancellationError` when the task is cancelled; what `progress` or
    ///   a foreign model throws.
    /// - Complexity: Allocates everything before the first step.
    public func train(
        _ network: Network,
        on examples: TrainingExamples,
        objective: Objective,
        progress: (TrainingEpoch) throws -> Void = { _ in }
    ) throws -> (network: Network, report: TrainingReport) {
        try check(network, examples)
        let root = SeededGenerator(seed: seed)
        var order = Array(0..<examples.count)
        var validation: [Int] = []
        if validationShare > 0 {
            var generator = root.split(stream: 1)
            let permutation = generator.permutation(examples.count)
            let count = min(max(Int(Double(examples.count) * validationShare), 1), examples.count - 1)
            validation = Array(permutation[..<count])
            order = Array(permutation[count...])
        }

        let session = try TrainingSession(self, network, examples, objective)
        var shuffler = root.split(stream: 2)
        let steps = (order.count + batchSize - 1) / batchSize * epochs
        var report = TrainingReport(epochs: [], bestEpoch: 0, stoppedEarly: false)
        var best = (loss: Double.infinity, weights: WeightBuffer?.none)

        for number in 1...epochs {
            shuffler.shuffle(&order)
            let training = try session.train(order, steps: steps)
            var epoch = TrainingEpoch(
                number: number,
                of: epochs,
                loss: training.loss,
                accuracy: training.accuracy,
                learningRate: session.learningRate
            )
            if !validation.isEmpty {
                let judged = try session.judge(validation)
                epoch.validationLoss = judged.loss
                epoch.validationAccuracy = judged.accuracy
            }
            report.epochs.append(epoch)
            let loss = epoch.validationLoss ?? -Double(number)
            if loss < best.loss {
                best = (loss, validation.isEmpty ? nil : session.weights.copy())
                report.bestEpoch = number
            }
            try progress(epoch)
            if let patience, !validation.isEmpty, number - report.bestEpoch >= patience {
                report.stoppedEarly = number < epochs
                break
            }
        }
        return (try network.replacing(best.weights ?? session.weights), report)
    }

    private func check(_ network: Network, _ examples: TrainingExamples) throws(NeuralNetworkError) {
        func refuse(_ message: String, remedy: String) -> NeuralNetworkError {
            NeuralNetworkError(.invalidTraining, message, remedy: remedy)
        }
        guard epochs > 0, batchSize > 0 else {
            throw refuse("\(epochs) epochs of batches of \(batchSize)", remedy: "Choose at least 1 of both")
        }
        guard optimiser.learningRate > 0, optimiser.learningRate.isFinite else {
            throw refuse("the learning rate is \(optimiser.learningRate)", remedy: "Choose a positive number, say 1e-3")
        }
        guard 0..<1 ~= validationShare else {
            throw refuse("the validation share is \(validationShare)", remedy: "Choose from 0 to below 1")
        }
        guard examples.count >= (validationShare > 0 ? 2 : 1) else {
            throw refuse("there are \(examples.count) rows", remedy: "Give more rows")
        }
        guard examples.inputs.elementsPerRow == network.inputShape.reduce(1, *) else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the network takes rows of \(network.inputShape) and the examples are \(examples.inputs.shape)",
                remedy: "Give rows of \(network.inputShape.reduce(1, *)) values"
            )
        }
        try augmentation?.check(network.inputShape)
    }
}

extension RandomNumberGenerator {
    /// Puts the elements into a random order.
    fileprivate mutating func shuffle(_ order: inout [Int]) {
        for last in order.indices.dropFirst().reversed() { order.swapAt(last, index(below: last + 1)) }
    }
}
