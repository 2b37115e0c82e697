import Statistics
import Tensors

/// How a network is trained: batches, passes over the rows, optimiser, validation and when to stop.
///
/// The same settings, seed, rows and CPU level give the same network, bit for bit, on any number of cores, and whether
/// the training ran through or was stopped and resumed.
public struct Trainer: Sendable, Hashable {
    /// Passes over the rows, at most.
    public var epochs = 20
    /// Rows that go through the network together.
    public var batchSize = 32
    /// Batches whose gradients make one step: the memory of one batch, the step of several.
    ///
    /// Batch normalisation still sees one batch at a time.
    public var accumulation = 1
    /// The rule that moves the weights.
    public var optimiser = Optimiser.adam()
    /// How the learning rate changes.
    public var schedule = LearningRateSchedule.constant
    /// A bound on the gradients of a step; `nil` for none.
    public var clipping: GradientClipping?
    /// Whether weight decay takes biases and the scales of normalisations too.
    public var decaysAll = false
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
    ///   - checkpoint: Where to go on; it was made by the same training.
    ///   - progress: Called after each epoch; throwing here or in the other closures ends the training.
    ///   - batchEnded: Called after each batch.
    ///   - keep: Called with a checkpoint after each epoch, before `progress`, when it is given.
    /// - Returns: The trained network, and how it went.
    /// - Throws: `.invalidTraining` for settings or examples that cannot be used; `.foreignCheckpoint` naming what the
    ///   checkpoint has otherwise; `.diverged` with step and learning rate when the loss or a gradient becomes NaN or
    ///   infinite, or the loss ten thousand times what it was; `CancellationError` when the task is cancelled; what the
    ///   closures or a foreign model throw.
    /// - Complexity: Allocates everything before the first step, a checkpoint apart.
    public func train(
        _ network: Network,
        on examples: TrainingExamples,
        objective: Objective,
        resuming checkpoint: TrainingCheckpoint? = nil,
        progress: (TrainingEpoch) throws -> Void = { _ in },
        batchEnded: (TrainingProgress) throws -> Void = { _ in },
        keep: ((TrainingCheckpoint) throws -> Void)? = nil
    ) throws -> (network: Network, report: TrainingReport) {
        try check(network, examples)
        let root = SeededGenerator(seed: seed)
        let (rows, validation) = divide(examples.count, root)
        let session = try TrainingSession(self, network, examples, objective, rows: rows.count)
        let identity =
            checkpoint == nil && keep == nil ? nil : TrainingIdentity(of: self, network: network, examples: examples)
        var report = TrainingReport(epochs: [], bestEpoch: 0, stoppedEarly: false)
        var best = (loss: Double.infinity, weights: WeightBuffer?.none)
        if let checkpoint, let identity {
            try identity.require(checkpoint.identity)
            best = try checkpoint.restore(session)
            report.epochs = checkpoint.epochs
            report.bestEpoch = checkpoint.bestEpoch
        }

        let shuffles = root.split(stream: 2)
        while report.epochs.count < epochs, !isOver(report) {
            let number = report.epochs.count + 1
            var shuffler = shuffles.split(stream: UInt64(number))
            let order = shuffler.permutation(rows.count).map { rows[$0] }
            let training = try session.train(order, epoch: number) { done, loss in
                try batchEnded(
                    TrainingProgress(
                        epoch: number,
                        of: epochs,
                        share: Double(done) / Double(rows.count),
                        loss: loss
                    )
                )
            }
            var epoch = TrainingEpoch(
                number: number,
                of: epochs,
                steps: session.step,
                loss: training.loss,
                accuracy: training.accuracy,
                learningRate: session.learningRate,
                gradientNorm: training.gradientNorm
            )
            if !validation.isEmpty {
                let judged = try session.judge(examples, rows: validation)
                epoch.validationLoss = judged.loss
                epoch.validationAccuracy = judged.accuracy
            }
            session.schedule.observe(loss: epoch.validationLoss ?? epoch.loss)
            report.epochs.append(epoch)
            let loss = epoch.validationLoss ?? -Double(number)
            if loss < best.loss {
                best = (loss, validation.isEmpty ? nil : session.weights.copy())
                report.bestEpoch = number
            }
            if let keep, let identity {
                try keep(TrainingCheckpoint(identity, session, report, best: best))
            }
            try progress(epoch)
        }
        report.stoppedEarly = report.epochs.count < epochs
        return (try network.replacing(best.weights ?? session.weights), report)
    }

    /// Whether validation has got no better for too long.
    private func isOver(_ report: TrainingReport) -> Bool {
        guard let patience, validationShare > 0, let last = report.epochs.last else { return false }
        return last.number - report.bestEpoch >= patience
    }

    /// The rows to learn from and those to judge by.
    private func divide(_ count: Int, _ root: SeededGenerator) -> (training: [Int], validation: [Int]) {
        guard validationShare > 0 else { return (Array(0..<count), []) }
        var generator = root.split(stream: 1)
        let permutation = generator.permutation(count)
        let kept = min(max(Int(Double(count) * validationShare), 1), count - 1)
        return (Array(permutation[kept...]), Array(permutation[..<kept]))
    }

    /// Steps of one epoch.
    func steps(rows: Int) -> Int {
        let group = batchSize * accumulation
        return (rows + group - 1) / group
    }

    private func check(_ network: Network, _ examples: TrainingExamples) throws(NeuralNetworkError) {
        func refuse(_ message: String, remedy: String) -> NeuralNetworkError {
            NeuralNetworkError(.invalidTraining, message, remedy: remedy)
        }
        guard epochs > 0, batchSize > 0, accumulation > 0 else {
            throw refuse(
                "\(epochs) epochs of batches of \(batchSize), \(accumulation) to a step",
                remedy: "Choose at least 1 of each"
            )
        }
        guard optimiser.learningRate > 0, optimiser.learningRate.isFinite else {
            throw refuse("the learning rate is \(optimiser.learningRate)", remedy: "Choose a positive number, say 1e-3")
        }
        if let clipping, !(clipping.limit > 0) {
            throw refuse("gradients are clipped at \(clipping.limit)", remedy: "Choose a positive number, say 1")
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
        try schedule.check()
        try augmentation?.check(network.inputShape)
    }
}
