public import NeuralNetworks
public import Prediction
import Statistics
public import Tensors

/// Trains a classifier of images or table rows from scratch.
///
/// ```swift
/// var training = ClassifierTraining(name: "digits", architecture: .cnn, classes: (0..<10).map(String.init))
/// training.augmentation = ImageAugmentation(shift: 1, rotation: 10, zoom: 0.1)
/// let (model, report) = try training.train(images, labels: labels) { print($0.number, $0.loss) }
/// ```
public struct ClassifierTraining: Sendable {
    /// The model's name.
    public var name: String
    /// The model's version.
    public var version = "1"
    /// The layers.
    public var architecture: Architecture
    /// The names of the classes, in the order of the labels.
    public var classes: [String]
    /// How it is trained; the fields may be changed.
    public var trainer: Trainer
    /// The share of each target that is spread over all classes: keeps probabilities from running into 0 and 1, where
    /// gradients vanish.
    public var labelSmoothing: Float = 0.05

    /// A training with settings that suit a few thousand rows.
    public init(name: String, architecture: Architecture, classes: [String], epochs: Int = 30, seed: UInt64 = 0) {
        self.name = name
        self.architecture = architecture
        self.classes = classes
        trainer = Trainer()
        trainer.epochs = epochs
        trainer.seed = seed
        trainer.batchSize = 32
        trainer.optimiser = .adamW(learningRate: 2e-3, weightDecay: 1e-2)
        trainer.schedule = .cosine()
    }

    /// Small random changes to each image; `nil` for none.
    public var augmentation: ImageAugmentation? {
        get { trainer.augmentation }
        set { trainer.augmentation = newValue }
    }

    /// Trains from starting weights drawn by the trainer's seed.
    ///
    /// - Parameters:
    ///   - rows: Images `[n, height, width, channels]` or table rows `[n, columns]`, in their own unit.
    ///   - labels: For each row the index of its class.
    ///   - inputs: What the schema says of the inputs; when it is left out one tensor named `image` or `features`.
    ///   - checkpoint: Where to go on; it was made by the same training.
    ///   - progress: Called after each epoch; throwing here or in the other closures ends the training.
    ///   - batchEnded: Called after each batch.
    ///   - keep: Called with a checkpoint after each epoch, when it is given.
    /// - Returns: The model, ready to be saved, and how the training went.
    /// - Throws: `.invalidTraining`, `.diverged` and what else `Trainer.train` throws; `.invalidModel` when `inputs` do
    ///   not fit the rows.
    public func train(
        _ rows: Tensor<Float>,
        labels: [Int],
        inputs: [ColumnDescription]? = nil,
        resuming checkpoint: TrainingCheckpoint? = nil,
        progress: (TrainingEpoch) throws -> Void = { _ in },
        batchEnded: (TrainingProgress) throws -> Void = { _ in },
        keep: ((TrainingCheckpoint) throws -> Void)? = nil
    ) throws -> (model: NativeModel, report: TrainingReport) {
        let examples = try TrainingExamples(inputs: rows, labels: labels, classes: classes.count)
        let inputShape = Array(rows.shape.dropFirst())
        let layers = try architecture.layers(
            inputShape: inputShape,
            classes: classes.count,
            rescaling: try Self.standardising(rows)
        )
        var generator = SeededGenerator(seed: trainer.seed)
        let start = try Network(inputShape: inputShape, layers: layers, using: &generator)
        let (network, report) = try trainer.train(
            start,
            on: examples,
            objective: .softmaxCrossEntropy(smoothing: labelSmoothing),
            resuming: checkpoint,
            progress: progress,
            batchEnded: batchEnded,
            keep: keep
        )
        let description = ModelDescription(
            name: name,
            version: version,
            inputs: inputs ?? [Self.input(inputShape)],
            outputs: [ColumnDescription(name: "probabilities", shape: [classes.count], classes: classes)]
        )
        let record = TrainingRecord(
            architecture: architecture.rawValue,
            seed: trainer.seed,
            epochs: report.bestEpoch,
            rows: rows.rows,
            validationAccuracy: report.best.validationAccuracy
        )
        return (try NativeModel(description, network: network, training: record), report)
    }

    private static func input(_ shape: [Int]) -> ColumnDescription {
        shape.count == 3
            ? ColumnDescription(name: "image", shape: shape, kind: .image, layout: .channelsLast)
            : ColumnDescription(name: "features", shape: shape)
    }

    /// The layer that gives every channel, or every column, mean 0 and variance 1 over the rows.
    ///
    /// A channel that never changes is left at its own scale.
    private static func standardising(_ rows: Tensor<Float>) throws(NeuralNetworkError) -> Layer {
        let channels = rows.shape.last ?? 1
        var moments = [Moments](repeating: Moments(), count: channels)
        rows.withUnsafeBufferPointer { values in
            for (index, value) in values.enumerated() { moments[index % channels].add(Double(value)) }
        }
        return .rescale(
            scale: moments.map { $0.standardDeviation > 0 ? Float(1 / $0.standardDeviation) : 1 },
            offset: moments.map { Float($0.mean) }
        )
    }
}
