/// Where a training is, after a batch.
public struct TrainingProgress: Sendable, Hashable {
    /// The epoch under way, from 1 on.
    public var epoch: Int
    /// The number of epochs that are planned.
    public var of: Int
    /// The share of the epoch's rows that is done.
    public var share: Double
    /// The mean loss of the batch.
    public var loss: Float

    /// The share of the whole training that is done.
    public var total: Double { (Double(epoch - 1) + share) / Double(of) }
}

/// What an epoch reached.
public struct TrainingEpoch: Sendable, Hashable {
    /// From 1 on.
    public var number: Int
    /// The number of epochs that are planned.
    public var of: Int
    /// Steps of the optimiser since the training began.
    public var steps: Int
    /// The mean loss over the training rows, as the weights were when each was seen.
    public var loss: Double
    /// The share of training rows whose class was right; `nil` when the objective knows no classes.
    public var accuracy: Double?
    /// The mean loss over the validation rows after the epoch; `nil` without validation.
    public var validationLoss: Double?
    /// The share of validation rows whose class was right.
    public var validationAccuracy: Double?
    /// The learning rate at the end of the epoch.
    public var learningRate: Float
    /// The largest Euclidean norm of a step's gradient in the epoch, before clipping.
    public var gradientNorm: Double
}

/// How a training went.
public struct TrainingReport: Sendable, Hashable {
    /// Every epoch, first to last, those before a checkpoint included.
    public var epochs: [TrainingEpoch]
    /// The epoch whose weights were kept: the one of least validation loss, or the last without validation.
    public var bestEpoch: Int
    /// Whether the training ended before its last epoch because validation got no better.
    public var stoppedEarly: Bool

    /// The epoch whose weights were kept.
    public var best: TrainingEpoch { epochs[bestEpoch - 1] }
}
