/// What a training makes small: how the loss of a batch is computed from the network's output.
public struct Objective: Sendable {
    /// What a loss may be computed from.
    public struct Batch {
        /// The network's input, after augmentation where there is any.
        public let input: Variable
        /// The network's output.
        public let output: Variable
        /// The examples' targets; `nil` when they have none.
        public let target: Variable?
        /// The outputs of the network's layers by name.
        public let layers: [String: Variable]
    }

    /// Records the loss, a single number, in the graph of the training.
    public let record: @Sendable (Graph, Batch) throws -> Variable
    /// Whether targets are labels of classes, of which accuracy can be told.
    let isClassification: Bool

    /// An objective of one's own.
    ///
    /// - Parameter record: Records a variable of shape `[]`. Networks that it applies stay as they are, and gradients
    ///   flow through them.
    public init(record: @escaping @Sendable (Graph, Batch) throws -> Variable) {
        self.init(isClassification: false, record: record)
    }

    private init(isClassification: Bool, record: @escaping @Sendable (Graph, Batch) throws -> Variable) {
        self.isClassification = isClassification
        self.record = record
    }

    /// Cross-entropy of softmax of the output against labels.
    ///
    /// - Parameter smoothing: The share of the target spread evenly over all classes, 0 to below 1.
    public static func softmaxCrossEntropy(smoothing: Float = 0) -> Objective {
        Objective(isClassification: true) { graph, batch in
            try graph.softmaxCrossEntropy(batch.output, labels: try batch.needTarget(size: 1), smoothing: smoothing)
        }
    }

    /// Mean squared difference between output and target.
    public static let meanSquaredError = Objective { graph, batch in
        try graph.meanSquaredError(batch.output, target: try batch.needTarget(size: batch.output.size))
    }

    /// Cross-entropy of the sigmoid of each output against targets in 0...1.
    public static let binaryCrossEntropy = Objective { graph, batch in
        try graph.binaryCrossEntropy(batch.output, target: try batch.needTarget(size: batch.output.size))
    }

    /// Mean squared difference between output and input: what an autoencoder learns.
    public static let reconstruction = Objective { graph, batch in
        guard batch.input.size == batch.output.size else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "an autoencoder turns rows of \(batch.input.shape) into rows of \(batch.output.shape)",
                remedy: "Let the last layer have the size of the input"
            )
        }
        return try graph.meanSquaredError(batch.output, target: batch.input)
    }

    /// `KL(target ‖ model(output))`: how far a model's answers to the output are from the target's probabilities.
    ///
    /// With the model's own answers to the input as target this trains the autoencoder of Vacanti and Van Looveren
    /// (2020), "Adversarial detection and correction by matching prediction distributions", arXiv:2002.09364.
    ///
    /// - Parameters:
    ///   - model: Turns a row into probabilities; it stays as it is.
    ///   - temperature: Softens both sides, `p^(1/T)` divided by its sum.
    public static func divergence(through model: some DifferentiableMapping, temperature: Float = 1) -> Objective {
        Objective { graph, batch in
            let answers = graph.apply(model, to: batch.output)
            let target = try batch.needTarget(size: answers.size)
            return try graph.divergence(
                of: graph.tempered(target, temperature: temperature),
                from: graph.tempered(answers, temperature: temperature)
            )
        }
    }

    /// A weighted sum of objectives.
    public static func sum(_ terms: [(weight: Float, objective: Objective)]) -> Objective {
        Objective(isClassification: terms.contains(where: \.objective.isClassification)) { graph, batch in
            var losses: [(weight: Float, variable: Variable)] = []
            for term in terms { losses.append((term.weight, try term.objective.record(graph, batch))) }
            return graph.weightedSum(losses)
        }
    }
}

extension Objective.Batch {
    fileprivate func needTarget(size: Int) throws -> Variable {
        guard let target, target.size == size else {
            throw NeuralNetworkError(
                .invalidTraining,
                "the loss needs \(size) target values per row and the examples have \(target?.size ?? 0)",
                remedy: "Give labels or targets that fit the network's output \(output.shape)"
            )
        }
        return target
    }
}
