import Tensors

/// A training as it stood after an epoch: everything that is needed to go on as if it had never been stopped.
///
/// A training that goes on from here ends at the same weights, bit for bit. Nothing of a checkpoint is executed when it
/// is read.
public struct TrainingCheckpoint: Sendable {
    /// What the training is.
    public let identity: TrainingIdentity
    /// Every epoch so far.
    public let epochs: [TrainingEpoch]
    /// The epoch of least validation loss, or the last without validation.
    public let bestEpoch: Int
    /// Steps of the optimiser, and batches, so far.
    let steps: Int
    let batches: Int
    /// The loss of the first batch, by which an explosion is told.
    let firstLoss: Float?
    let plateau: ScheduleState.Plateau
    let bestLoss: Double
    /// `weights`, `first` and `second`, and `best` where the training validates: each as long as all weights together.
    let tensors: [String: Tensor<Float>]

    init(
        _ identity: TrainingIdentity,
        _ session: TrainingSession,
        _ report: TrainingReport,
        best: (loss: Double, weights: WeightBuffer?)
    ) {
        self.identity = identity
        epochs = report.epochs
        bestEpoch = report.bestEpoch
        steps = session.step
        batches = session.batches
        firstLoss = session.firstLoss
        plateau = session.schedule.plateau
        bestLoss = best.loss
        var tensors = [
            "weights": session.weights.tensor,
            "first": session.optimiser.first.tensor,
            "second": session.optimiser.second.tensor,
        ]
        tensors["best"] = best.weights?.tensor
        self.tensors = tensors
    }

    init(
        identity: TrainingIdentity,
        epochs: [TrainingEpoch],
        bestEpoch: Int,
        steps: Int,
        batches: Int,
        firstLoss: Float?,
        plateau: ScheduleState.Plateau,
        bestLoss: Double,
        tensors: [String: Tensor<Float>]
    ) {
        self.identity = identity
        self.epochs = epochs
        self.bestEpoch = bestEpoch
        self.steps = steps
        self.batches = batches
        self.firstLoss = firstLoss
        self.plateau = plateau
        self.bestLoss = bestLoss
        self.tensors = tensors
    }

    /// Brings a fresh session of the same training to where this one was.
    ///
    /// - Returns: The best validation loss so far and its weights.
    /// - Throws: `.invalidCheckpoint` when a tensor is missing or has another length than the network's weights.
    func restore(_ session: TrainingSession) throws(NeuralNetworkError) -> (loss: Double, weights: WeightBuffer?) {
        try fill(session.weights, from: "weights")
        try fill(session.optimiser.first, from: "first")
        try fill(session.optimiser.second, from: "second")
        session.restore(steps: steps, batches: batches, firstLoss: firstLoss, schedule: plateau)
        guard tensors["best"] != nil else { return (bestLoss, nil) }
        let best = WeightBuffer(count: session.weights.count)
        try fill(best, from: "best")
        return (bestLoss, best)
    }

    private func fill(_ buffer: WeightBuffer, from name: String) throws(NeuralNetworkError) {
        guard let tensor = tensors[name], tensor.shape == [buffer.count] else {
            let found = tensors[name].map { "has the shape \($0.shape)" } ?? "is missing"
            throw Self.invalid("the tensor \(name) \(found), and the network has \(buffer.count) weights")
        }
        guard tensor.withUnsafeBufferPointer({ $0.allSatisfy(\.isFinite) }) else {
            throw Self.invalid("the tensor \(name) holds NaN or an infinity")
        }
        tensor.copy(to: buffer.base)
    }

    static func invalid(_ message: String, cause: (any Error)? = nil) -> NeuralNetworkError {
        NeuralNetworkError(
            .invalidCheckpoint,
            message,
            remedy: "Give the checkpoint as it was written, or begin anew",
            cause: cause
        )
    }
}

extension WeightBuffer {
    /// A copy of all weights in one row.
    fileprivate var tensor: Tensor<Float> { Tensor(copying: base, shape: [count]) }
}
