import Statistics
import Tensors

/// One training at work: the graph, the weights that change, and the optimiser's state.
final class TrainingSession {
    /// The weights as they are now.
    let weights: WeightBuffer

    private let trainer: Trainer
    private let examples: TrainingExamples
    private let graph: Graph
    private let input: Variable
    private let output: Variable
    private let target: Variable?
    private let loss: Variable
    private let isClassification: Bool
    private var optimiser: OptimiserState
    private var augmentor: SeededGenerator
    private var step = 0
    /// The learning rate of the last step.
    private(set) var learningRate: Float

    init(
        _ trainer: Trainer,
        _ network: Network,
        _ examples: TrainingExamples,
        _ objective: Objective
    ) throws {
        self.trainer = trainer
        self.examples = examples
        weights = network.buffer.copy()
        let gradients = WeightBuffer(count: weights.count)
        graph = Graph(seed: trainer.seed, splitsRows: true)
        input = graph.input(shape: network.inputShape)
        target = examples.targets.map { [graph] in graph.input(shape: Array($0.shape.dropFirst())) }
        let source = Graph.WeightSource(values: weights, gradients: gradients)
        var layers: [String: Variable] = [:]
        output = try graph.apply(network.plan, to: input, source) { plan, variable in layers[plan.name] = variable }
        let batch = Objective.Batch(input: input, output: output, target: target, layers: layers)
        loss = try objective.record(graph, batch)
        guard loss.size == 1, !loss.isPerRow else {
            throw NeuralNetworkError(
                .invalidTraining,
                "the objective is a value of shape \(loss.shape)\(loss.isPerRow ? " for each row" : "")",
                remedy: "Record a loss that is one number for the batch"
            )
        }
        isClassification = objective.isClassification
        optimiser = OptimiserState(
            trainer.optimiser,
            slots: network.plan.flatMap(\.allWeights),
            weights: weights,
            gradients: gradients
        )
        augmentor = SeededGenerator(seed: trainer.seed).split(stream: 3)
        learningRate = trainer.optimiser.learningRate
    }

    /// One pass over the rows in this order, moving the weights.
    ///
    /// - Parameter steps: Of the whole training, for the schedule.
    func train(_ order: [Int], steps: Int) throws -> (loss: Double, accuracy: Double?) {
        try forEachBatch(of: order, training: true) {
            let factor = trainer.schedule.factor(at: Float(step) / Float(steps))
            learningRate = trainer.optimiser.learningRate * factor
            step += 1
            guard loss.value[0].isFinite else { throw diverged() }
            try graph.backward(from: loss, training: true)
            optimiser.advance(factor: factor)
        }
    }

    /// One pass over rows that leaves the weights alone.
    func judge(_ rows: [Int]) throws -> (loss: Double, accuracy: Double?) {
        try forEachBatch(of: rows, training: false) {}
    }

    /// Runs batches forward, calls `body` after each, and gives means over all rows.
    private func forEachBatch(
        of order: [Int],
        training: Bool,
        _ body: () throws -> Void
    ) throws -> (loss: Double, accuracy: Double?) {
        var total = 0.0
        var right = 0
        for start in stride(from: 0, to: order.count, by: trainer.batchSize) {
            try Task.checkCancellation()
            let rows = order[start..<min(start + trainer.batchSize, order.count)]
            load(rows, training: training)
            try graph.run(training: training)
            try body()
            total += Double(loss.value[0]) * Double(rows.count)
            if isClassification { right += countRight(rows.count) }
        }
        let count = Double(order.count)
        return (total / count, isClassification ? Double(right) / count : nil)
    }

    private func load(_ rows: ArraySlice<Int>, training: Bool) {
        graph.begin(rows: rows.count)
        copy(rows, of: examples.inputs, to: input)
        if let target, let targets = examples.targets { copy(rows, of: targets, to: target) }
        guard training, let augmentation = trainer.augmentation else { return }
        for row in 0..<rows.count {
            augmentation.apply(to: input.value + row * input.size, shape: input.shape, using: &augmentor)
        }
    }

    private func copy(_ rows: ArraySlice<Int>, of tensor: Tensor<Float>, to variable: Variable) {
        tensor.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                (variable.value + index * variable.size).update(from: base + row * variable.size, count: variable.size)
            }
        }
    }

    private func countRight(_ rows: Int) -> Int {
        guard let target, target.size == 1 else { return 0 }
        var right = 0
        for row in 0..<rows {
            let scores = UnsafeBufferPointer(start: output.value + row * output.size, count: output.size)
            let chosen = scores.indices.max { scores[$0] < scores[$1] }
            if chosen == Int(target.value[row]) { right += 1 }
        }
        return right
    }

    private func diverged() -> NeuralNetworkError {
        NeuralNetworkError(
            .diverged,
            "the loss is \(loss.value[0]) at step \(step) with a learning rate of \(learningRate)",
            remedy: "Try a tenth of the learning rate, scale the inputs to about −1 to 1, and look for NaN in them"
        )
    }
}
