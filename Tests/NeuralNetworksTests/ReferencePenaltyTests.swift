import JSON
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Gradient penalties over layers against PyTorch's double backward: `scripts/reference/second_order_values.py`.
@Suite struct `Gradient penalties beside PyTorch` {
    private static func pooled(_ pooling: Layer) -> [Layer] {
        [.activation(.tanh), pooling, .activation(.tanh), .flatten, .dense(units: 2)]
    }

    static let networks: [String: [Layer]] = [
        "lstm, sequence": [.lstm(units: 4)],
        "lstm, last, both directions": [.lstm(units: 4, returns: .last, bidirectional: true)],
        "gru, sequence": [.gru(units: 4)],
        "gru, last, both directions": [.gru(units: 4, returns: .last, bidirectional: true)],
        "layer normalisation": [.layerNormalisation(), .activation(.tanh)],
        "group normalisation": [.groupNormalisation(groups: 2), .activation(.tanh)],
        "batch normalisation, training": [.batchNormalisation(), .activation(.tanh)],
        "batch normalisation": [.batchNormalisation(), .activation(.tanh)],
        "self-attention": [.selfAttention(heads: 2)],
        "self-attention, causal": [.selfAttention(heads: 2, causal: true)],
        "max pooling, overlapping": pooled(.maxPooling(size: 3, stride: 2)),
        "average pooling, overlapping": pooled(.averagePooling(size: 3, stride: 2)),
        "global max pooling": pooled(.globalMaxPooling),
        "global average pooling": pooled(.globalAveragePooling),
        "upsampling": pooled(.upsampling(factor: 2)),
        "convolution": [.convolution(filters: 3, kernel: 3), .activation(.tanh)],
    ]

    @Test func `agree in value and gradients`() throws {
        let file = try ReferenceValues.read("second_order")
        let rows = try #require(file["rows"]?.int)
        var networks = Self.networks
        for example in try #require(file["cases"]?.array) {
            let name = try #require(example["name"]?.string)
            let known = networks.removeValue(forKey: name)
            let layers = try #require(known, "a case without a network: \(name)")
            let inputShape = try #require(example["inputShape"]?.array).compactMap(\.int)
            let inputs = try Tensor<Float>(shape: [rows] + inputShape, elements: example.floats("inputs"))
            var weights: [String: Tensor<Float>] = [:]
            var gradients: [String: [Float]] = [:]
            for weight in try #require(example["weights"]?.array) {
                let name = try #require(weight["name"]?.string)
                let shape = try #require(weight["shape"]?.array).compactMap(\.int)
                weights[name] = try Tensor(shape: shape, elements: weight.floats("values"))
                gradients[name] = try weight.floats("gradient")
            }
            let network = try Network(inputShape: inputShape, layers: layers, weights: weights)
            let value = try #require(example["value"]?.double)

            let slopes = try example.floats("inputGradient")
            if !slopes.isEmpty {
                let (penalty, found) = try frozen(network, inputs)
                #expect(isClose(penalty, value, relative: 1e-5), "\(name): \(penalty) is not \(value)")
                expect(found, slopes, "\(name): input gradient")
            }
            if gradients.values.contains(where: { !$0.isEmpty }) {
                let (penalty, stepped) = try step(network, inputs)
                #expect(isClose(penalty, value, relative: 1e-5), "\(name): \(penalty) is not \(value)")
                for (weight, gradient) in gradients where !gradient.isEmpty {
                    let (before, after) = (try #require(weights[weight]), try #require(stepped[weight]))
                    let found = zip(before.elements, after.elements).map { $0 - $1 }
                    expect(found, gradient, "\(name): gradient of \(weight)")
                }
            }
        }
        #expect(networks.isEmpty, "networks without a case: \(networks.keys.sorted())")
    }

    /// The penalty over a network that stays as it is, and its gradient by the inputs.
    private func frozen(_ network: Network, _ inputs: Tensor<Float>) throws -> (penalty: Double, gradient: [Float]) {
        let graph = Graph()
        let x = graph.input(shape: network.inputShape, differentiable: true)
        let penalty = try graph.gradientPenalty(of: try graph.apply(network, to: x), by: x)
        graph.begin(rows: inputs.rows)
        try graph.write(inputs, to: x)
        try graph.run()
        try graph.backward(from: penalty)
        return (Double(graph.value(of: penalty)[0]), graph.gradient(of: x).elements)
    }

    /// The penalty of a training step of rate 1, and the weights after it.
    private func step(
        _ network: Network,
        _ inputs: Tensor<Float>
    ) throws -> (penalty: Double, weights: [String: Tensor<Float>]) {
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.optimiser = .gradientDescent(learningRate: 1, momentum: 0)
        let objective = Objective { graph, batch in try graph.gradientPenalty(of: batch.output, by: batch.input) }
        let trained = try trainer.train(network, on: TrainingExamples(inputs: inputs), objective: objective)
        return (trained.report.epochs[0].loss, trained.network.weights)
    }

    /// Ours is float32 through two passes of some dozen steps, theirs float64; a gradient read off a step loses the digits
    /// of its weight, which is below 1.
    private func expect(_ found: [Float], _ wanted: [Float], _ name: String) {
        let scale = max(wanted.map(abs).max() ?? 0, 1)
        #expect(areClose(found, wanted, absolute: 1e-5 * scale), "\(name): \(found) is not \(wanted)")
    }
}
