import Methods
import NeuralNetworks
import Statistics
import Tensors

/// A network with one output, or with no hidden layer logistic regression, on standardised columns.
struct NetworkClassifier: DomainClassifier {
    /// How a network learns.
    struct Settings: Sendable {
        /// Units of the hidden layer; none for logistic regression.
        var hidden: Int?
        /// Passes over the rows.
        var epochs: Int
        /// Rows a step.
        var batchSize: Int
        /// Adam's step size.
        var learningRate: Float
    }

    private let scaling: Scaling
    private let network: Network

    /// Learns.
    init(learning examples: DomainRows, _ settings: Settings, seed: UInt64) throws {
        let size = examples.rows.elementsPerRow
        scaling = Scaling(fittedTo: examples.rows)
        var layers: [Layer] = []
        if let hidden = settings.hidden { layers += [.dense(units: hidden), .relu] }
        layers.append(.dense(units: 1))
        var generator = SeededGenerator(seed: seed).split(stream: 1)
        let start = try Network(inputShape: [size], layers: layers, using: &generator)
        var trainer = Trainer()
        trainer.epochs = settings.epochs
        trainer.batchSize = settings.batchSize
        trainer.optimiser = .adam(learningRate: settings.learningRate, weightDecay: 1e-4)
        trainer.seed = seed
        let targets = Tensor<Float>(vector: examples.isWindow.map { $0 ? 1 : 0 })
        network = try trainer.train(
            start,
            on: TrainingExamples(inputs: scaling.scaled(examples.rows), targets: targets),
            objective: .binaryCrossEntropy
        ).network
    }

    func probabilities(of rows: Tensor<Float>) throws -> [Double] {
        try network(scaling.scaled(rows)).elements.map { 1 / (1 + Double.exponential(-Double($0))) }
    }
}
