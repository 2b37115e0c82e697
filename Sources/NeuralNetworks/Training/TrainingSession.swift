import CLayerKernels
import Statistics
import Tensors

/// One training at work: the graph, the weights that change, and the optimiser's state.
final class TrainingSession {
    /// The weights as they are now.
    let weights: WeightBuffer
    private(set) var optimiser: OptimiserState
    var schedule: ScheduleState
    /// Steps of the optimiser so far.
    private(set) var step = 0
    /// The learning rate of the last step.
    private(set) var learningRate: Float

    private let trainer: Trainer
    private let preparation: BatchPreparation
    /// Prepares changed images ahead; `nil` where rows are only copied, which is no work for a thread.
    private let pipeline: BatchPipeline?
    private let graph: Graph
    private let input: Variable
    private let output: Variable
    private let target: Variable?
    private let loss: Variable
    private let isClassification: Bool
    /// Of one batch.
    private let gradients: WeightBuffer
    /// Of all batches of a step; the same buffer where a step is one batch.
    private let stepGradients: WeightBuffer
    /// The loss of the training's first batch, by which an explosion is told.
    private(set) var firstLoss: Float?

    /// What an epoch came to.
    struct Outcome {
        var loss: Double
        var accuracy: Double?
        /// The largest norm of a step's gradient, before clipping.
        var gradientNorm = 0.0
    }

    /// - Parameter rows: How many rows an epoch has.
    init(
        _ trainer: Trainer,
        _ network: Network,
        _ examples: TrainingExamples,
        _ objective: Objective,
        rows: Int
    ) throws {
        self.trainer = trainer
        weights = network.ownedWeights()
        gradients = WeightBuffer(count: weights.count)
        stepGradients = trainer.accumulation > 1 ? WeightBuffer(count: weights.count) : gradients
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
            gradients: stepGradients,
            decaysAll: trainer.decaysAll
        )
        schedule = ScheduleState(
            trainer.schedule,
            stepsPerEpoch: trainer.steps(rows: rows),
            epochs: trainer.epochs
        )
        preparation = BatchPreparation(
            examples: examples,
            augmentation: trainer.augmentation,
            shape: network.inputShape,
            root: SeededGenerator(seed: trainer.seed).split(stream: 3)
        )
        pipeline = trainer.augmentation.map { [preparation] _ in
            BatchPipeline(preparation, batchSize: trainer.batchSize)
        }
        learningRate = trainer.optimiser.learningRate
    }

    /// Goes on from where another session was.
    func restore(steps: Int, batches: Int, firstLoss: Float?, schedule plateau: ScheduleState.Plateau) {
        step = steps
        optimiser.step = steps
        graph.trainingRuns = batches
        self.firstLoss = firstLoss
        schedule.plateau = plateau
    }

    /// Batches that were trained on so far.
    var batches: Int { graph.trainingRuns }

    /// One pass over the rows in this order, moving the weights.
    ///
    /// - Parameter progress: Called after each batch with the rows done and the batch's loss.
    func train(_ order: [Int], epoch: Int, progress: (Int, Float) throws -> Void) throws -> Outcome {
        var total = 0.0
        var right = 0
        var done = 0
        var largestNorm = 0.0
        func use(_ rows: ArraySlice<Int>) throws {
            try Task.checkCancellation()
            try graph.run(training: true)
            try checkLoss()
            let group = trainer.batchSize * trainer.accumulation
            let groupRows = min(group, order.count - done / group * group)
            try graph.backward(from: loss, training: true) {
                $0.update(repeating: Float(rows.count) / Float(groupRows))
            }
            if trainer.accumulation > 1 {
                layer_scale(gradients.base, stepGradients.base, gradients.count, 1, done % group == 0 ? 0 : 1)
            }
            done += rows.count
            if done % group == 0 || done == order.count { largestNorm = max(largestNorm, try advance()) }
            total += Double(loss.value[0]) * Double(rows.count)
            if isClassification { right += countRight(rows.count) }
            try progress(done, loss.value[0])
        }
        if let pipeline {
            try pipeline.forEachBatch(of: order, epoch: epoch) { rows, inputs, targets in
                graph.begin(rows: rows.count)
                input.value.update(from: inputs, count: input.count(rows.count))
                if let target { target.value.update(from: targets, count: target.count(rows.count)) }
                try use(rows)
            }
        } else {
            for rows in order.batches(of: trainer.batchSize) {
                load(rows, from: preparation)
                try use(rows)
            }
        }
        let count = Double(order.count)
        return Outcome(
            loss: total / count,
            accuracy: isClassification ? Double(right) / count : nil,
            gradientNorm: largestNorm
        )
    }

    /// One pass over rows that leaves the weights alone.
    func judge(_ examples: TrainingExamples, rows order: [Int]) throws -> Outcome {
        let preparation = BatchPreparation(
            examples: examples,
            augmentation: nil,
            shape: self.preparation.shape,
            root: self.preparation.root
        )
        var total = 0.0
        var right = 0
        for rows in order.batches(of: trainer.batchSize) {
            try Task.checkCancellation()
            load(rows, from: preparation)
            try graph.run()
            total += Double(loss.value[0]) * Double(rows.count)
            if isClassification { right += countRight(rows.count) }
        }
        let count = Double(order.count)
        return Outcome(loss: total / count, accuracy: isClassification ? Double(right) / count : nil)
    }

    private func load(_ rows: ArraySlice<Int>, from preparation: BatchPreparation) {
        graph.begin(rows: rows.count)
        preparation.inputs(rows, epoch: nil, into: input.value)
        if let target { preparation.targets(rows, into: target.value) }
    }

    /// Moves the weights by the gradients of a step.
    ///
    /// - Returns: The gradients' norm before clipping.
    private func advance() throws -> Double {
        let factor = schedule.factor(step: step)
        learningRate = trainer.optimiser.learningRate * factor
        step += 1
        let norm = layer_sum_of_squares(stepGradients.base, stepGradients.count).squareRoot()
        guard norm.isFinite else { throw diverged("the gradient's norm is \(norm)") }
        trainer.clipping?.apply(to: stepGradients, norm: norm)
        optimiser.advance(factor: factor)
        return norm
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

    // MARK: Divergence

    /// A loss so many times that of the first batch (or 1, where that is less) has exploded.
    private static let explosion: Float = 1e4

    private func checkLoss() throws {
        let value = loss.value[0]
        guard value.isFinite else { throw diverged("the loss is \(value)") }
        let first = firstLoss ?? value
        firstLoss = first
        guard value <= Self.explosion * max(abs(first), 1) else {
            throw diverged("the loss is \(value), from \(first) at the first step,")
        }
    }

    private func diverged(_ what: String) -> NeuralNetworkError {
        let rate = trainer.optimiser.learningRate * schedule.factor(step: step)
        return NeuralNetworkError(
            .diverged,
            "\(what) at step \(step + 1) with a learning rate of \(rate)",
            remedy:
                "Try a tenth of the learning rate, clip the gradients' norm to 1, scale the inputs to about −1 to 1, "
                + "and look for NaN in them"
        )
    }
}
