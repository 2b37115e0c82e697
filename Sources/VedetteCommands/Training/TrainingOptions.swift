import ArgumentParser
import NativeModels
import NeuralNetworks

/// The settings of a training that the command line may change; what is left out suits the rows.
struct TrainingOptions: ParsableArguments {
    /// The rules that move the weights.
    enum Rule: String, ExpressibleByArgument, CaseIterable, Sendable {
        case sgd, adam, adamw, rmsprop
    }

    /// How the learning rate changes.
    enum Schedule: String, ExpressibleByArgument, CaseIterable, Sendable {
        case constant, warmup, step, cosine, plateau
        case oneCycle = "one-cycle"
    }

    @Option(help: "Passes over the rows.")
    var epochs: Int?

    @Option(help: "Rows that go through the network together.")
    var batchSize: Int?

    @Option(help: "Batches that make one step.")
    var accumulate: Int?

    @Option(help: "\(Rule.allCases.map(\.rawValue).joined(separator: ", ")).")
    var optimiser: Rule?

    @Option(help: "The learning rate; with a schedule its largest.")
    var learningRate: Float?

    @Option(help: "\(Schedule.allCases.map(\.rawValue).joined(separator: ", ")).")
    var schedule: Schedule?

    @Option(help: "Weight decay, of factors only; apart from the gradient with adamw.")
    var weightDecay: Float?

    @Option(help: "The largest norm of a step's gradient.")
    var clipNorm: Float?

    @Option(help: "The largest element of a step's gradient.")
    var clipValue: Float?

    @Option(help: "The share of the training rows that is kept apart to judge each epoch.")
    var validationShare: Double?

    @Option(help: "Epochs without a lower validation loss after which training stops.")
    var patience: Int?

    @Option(help: "The share of each target that is spread over all classes.")
    var labelSmoothing: Float?

    @Flag(help: "Train on images as they are.")
    var noAugmentation = false

    init() {}

    func validate() throws {
        if clipNorm != nil, clipValue != nil { throw ValidationError("Give --clip-norm or --clip-value.") }
        if patience != nil, (validationShare ?? 0) <= 0 {
            throw ValidationError("--patience needs rows to judge by: give --validation-share too.")
        }
        if let labelSmoothing, !(0..<1 ~= labelSmoothing) {
            throw ValidationError("--label-smoothing is from 0 to below 1.")
        }
    }

    /// Changes what was asked for.
    func apply(to training: inout ClassifierTraining) {
        if let epochs { training.trainer.epochs = epochs }
        if let batchSize { training.trainer.batchSize = batchSize }
        if let accumulate { training.trainer.accumulation = accumulate }
        training.trainer.optimiser = changed(training.trainer.optimiser)
        if let schedule { training.trainer.schedule = Self.schedule(schedule, epochs: training.trainer.epochs) }
        if let clipNorm { training.trainer.clipping = .norm(clipNorm) }
        if let clipValue { training.trainer.clipping = .value(clipValue) }
        if let validationShare { training.trainer.validationShare = validationShare }
        if let patience { training.trainer.patience = patience }
        if let labelSmoothing { training.labelSmoothing = labelSmoothing }
        if noAugmentation { training.augmentation = nil }
    }

    /// Another rule comes with its own usual settings, the same one keeps those that are not given.
    private func changed(_ usual: Optimiser) -> Optimiser {
        let start: Optimiser =
            switch (optimiser, usual) {
            case (nil, _), (.sgd, .gradientDescent), (.adam, .adam), (.adamw, .adamW), (.rmsprop, .rmsProp): usual
            case (.sgd, _): .gradientDescent(learningRate: 0.05, nesterov: true)
            case (.adam, _): .adam()
            case (.adamw, _): .adamW()
            case (.rmsprop, _): .rmsProp(learningRate: 1e-3)
            }
        switch start {
        case .adam(let rate, let beta1, let beta2, let epsilon, let decay):
            return .adam(
                learningRate: learningRate ?? rate,
                beta1: beta1,
                beta2: beta2,
                epsilon: epsilon,
                weightDecay: weightDecay ?? decay
            )
        case .adamW(let rate, let beta1, let beta2, let epsilon, let decay):
            return .adamW(
                learningRate: learningRate ?? rate,
                beta1: beta1,
                beta2: beta2,
                epsilon: epsilon,
                weightDecay: weightDecay ?? decay
            )
        case .gradientDescent(let rate, let momentum, let nesterov, let decay):
            return .gradientDescent(
                learningRate: learningRate ?? rate,
                momentum: momentum,
                nesterov: nesterov,
                weightDecay: weightDecay ?? decay
            )
        case .rmsProp(let rate, let smoothing, let momentum, let epsilon, let decay):
            return .rmsProp(
                learningRate: learningRate ?? rate,
                smoothing: smoothing,
                momentum: momentum,
                epsilon: epsilon,
                weightDecay: weightDecay ?? decay
            )
        }
    }

    private static func schedule(_ schedule: Schedule, epochs: Int) -> LearningRateSchedule {
        switch schedule {
        case .constant: .constant
        case .warmup: .warmup(0.05)
        case .step: .step(every: max(epochs / 3, 1))
        case .cosine: .cosine()
        case .plateau: .plateau()
        case .oneCycle: .oneCycle()
        }
    }
}
