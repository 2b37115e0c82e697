import JSON
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Losses and their gradients against PyTorch's, from the same file as the layers'.
@Suite struct `Losses beside PyTorch` {
    typealias Record = @Sendable (Graph, [Variable], Variable) throws -> Variable

    static let classWeights: [Float] = [0.5, 2, 1, 0.25]
    static let losses: [String: Record] = [
        "cross entropy": { try $0.softmaxCrossEntropy($1[0], labels: $2) },
        "cross entropy, smoothing": { try $0.softmaxCrossEntropy($1[0], labels: $2, smoothing: 0.1) },
        "cross entropy, weights": { try $0.softmaxCrossEntropy($1[0], labels: $2, classWeights: classWeights) },
        "cross entropy, weights and smoothing": {
            try $0.softmaxCrossEntropy($1[0], labels: $2, smoothing: 0.1, classWeights: classWeights)
        },
        "mean squared error": { graph, x, _ in try graph.meanSquaredError(x[0], target: x[1]) },
        "mean absolute error": { graph, x, _ in try graph.meanAbsoluteError(x[0], target: x[1]) },
        "huber": { graph, x, _ in try graph.huberLoss(x[0], target: x[1], delta: 0.7) },
        "smooth l1": { graph, x, _ in
            graph.affine(try graph.huberLoss(x[0], target: x[1], delta: 0.7), factor: 1 / 0.7)
        },
        "binary cross entropy": { graph, x, _ in
            try graph.binaryCrossEntropy(x[0], target: graph.activation(.sigmoid, of: x[1]))
        },
        "binary cross entropy, row sums": { graph, x, _ in
            try graph.binaryCrossEntropy(x[0], target: graph.activation(.sigmoid, of: x[1]), reduction: .rowSums)
        },
        "divergence": { graph, x, _ in
            try graph.divergence(of: graph.activation(.softmax, of: x[0]), from: graph.activation(.softmax, of: x[1]))
        },
        "gaussian": { graph, x, _ in
            try graph.gaussianNegativeLogLikelihood(mean: x[0], logVariance: x[1], target: x[2])
        },
        "normal divergence": { graph, x, _ in try graph.normalDivergence(mean: x[0], logVariance: x[1]) },
        "triplet": { graph, x, _ in
            try graph.tripletLoss(anchor: x[0], positive: x[1], negative: x[2], margin: 0.5)
        },
        "gradient penalty": { graph, x, _ in
            let critic = try graph.multiply(graph.activation(.tanh, of: x[0]), graph.square(of: x[0]))
            return try graph.gradientPenalty(of: graph.sum(of: critic), by: x[0])
        },
    ]

    @Test func `agree in value and gradients`() throws {
        let file = try ReferenceValues.read("layers")
        var losses = Self.losses
        for example in try #require(file["losses"]?.array) {
            let name = try #require(example["name"]?.string)
            let found = losses.removeValue(forKey: name)
            try check(example, try #require(found, "a case without a loss: \(name)"), name)
        }
        #expect(losses.isEmpty, "losses without a case: \(losses.keys.sorted())")
    }

    private func check(_ example: JSONValue, _ record: Record, _ name: String) throws {
        let shapes = try #require(example["shapes"]?.array).map { try #require($0.array).compactMap(\.int) }
        let graph = Graph()
        let inputs = shapes.map { graph.input(shape: $0, differentiable: true) }
        let labels = graph.input(shape: [])
        let loss = try record(graph, inputs, labels)
        graph.begin(rows: 3)
        for (index, input) in inputs.enumerated() {
            let values = try #require(example["inputs"]?[index]?.array).compactMap(\.double).map(Float.init)
            try graph.write(Tensor(shape: [3] + shapes[index], elements: values), to: input)
        }
        let indices = try example.floats("labels")
        if !indices.isEmpty { try graph.write(Tensor(shape: [3], elements: indices), to: labels) }
        try graph.run()
        let value = try #require(example["value"]?.double)
        // A dozen float32 terms on both sides; some sums here are in double.
        #expect(isClose(Double(graph.value(of: loss)[0]), value, absolute: 1e-6, relative: 2e-6), "\(name)")
        try graph.backward(from: loss)
        for (index, input) in inputs.enumerated() {
            let wanted = try #require(example["gradients"]?[index]?.array).compactMap(\.double).map(Float.init)
            let found = graph.gradient(of: input).elements
            #expect(areClose(found, wanted, absolute: 1e-6, relative: 1e-5), "\(name): \(found) is not \(wanted)")
        }
    }
}
