import JSON
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Every layer and loss against PyTorch's values: `scripts/reference/neural_network_values.py` says how they came about.
@Suite struct `Layers beside PyTorch` {
    static let layers: [String: [Layer]] = [
        "dense": [.dense(units: 3)],
        "convolution": [.convolution(filters: 4, kernel: 3)],
        "convolution, stride 2, valid": [.convolution(filters: 4, kernel: 3, stride: 2, padding: .valid)],
        "convolution, stride 2, two zeros around": [
            .convolution(filters: 4, kernel: 3, stride: 2, padding: .pixels(2))
        ],
        "convolution of one pixel": [.convolution(filters: 6, kernel: 1, bias: false)],
        "convolution, dilation 2": [.convolution(filters: 4, kernel: 3, dilation: 2)],
        "convolution, dilation 2, stride 2, groups 2": [
            .convolution(filters: 6, kernel: 3, stride: 2, padding: .valid, dilation: 2, groups: 2)
        ],
        "convolution, depthwise": [.convolution(filters: 4, kernel: 3, groups: 4)],
        "convolution, depthwise, two filters each": [
            .convolution(filters: 8, kernel: 3, stride: 2, padding: .pixels(1), groups: 4)
        ],
        "transposed convolution": [.transposedConvolution(filters: 3, kernel: 3, stride: 2, padding: .valid)],
        "transposed convolution, padding 1": [
            .transposedConvolution(filters: 3, kernel: 4, stride: 2, padding: .pixels(1))
        ],
        "transposed convolution, dilation 2, groups 2": [
            .transposedConvolution(filters: 6, kernel: 3, stride: 2, padding: .valid, dilation: 2, groups: 2)
        ],
        "transposed convolution, depthwise": [
            .transposedConvolution(filters: 4, kernel: 3, stride: 2, padding: .pixels(1), groups: 4)
        ],
        "transposed convolution, output padding": [
            .transposedConvolution(filters: 3, kernel: 3, stride: 2, padding: .pixels(1), outputPadding: 1)
        ],
        "transposed convolution, depthwise, output padding": [
            .transposedConvolution(filters: 4, kernel: 3, stride: 3, padding: .valid, groups: 4, outputPadding: 2)
        ],
        "sequence convolution": [.sequenceConvolution(filters: 4, kernel: 3)],
        "sequence convolution, stride 3, valid": [
            .sequenceConvolution(filters: 4, kernel: 4, stride: 3, padding: .valid, bias: false)
        ],
        "sequence convolution, two zeros around": [
            .sequenceConvolution(filters: 5, kernel: 3, stride: 2, padding: .pixels(2))
        ],
        "sequence convolution, dilation 2, groups 2": [
            .sequenceConvolution(filters: 6, kernel: 3, dilation: 2, groups: 2)
        ],
        "sequence convolution, depthwise": [.sequenceConvolution(filters: 4, kernel: 5, groups: 4)],
        "max pooling": [.maxPooling(size: 2)],
        "max pooling, overlapping": [.maxPooling(size: 3, stride: 2)],
        "average pooling": [.averagePooling(size: 2)],
        "average pooling, overlapping": [.averagePooling(size: 3, stride: 2)],
        "global average pooling": [.globalAveragePooling],
        "global max pooling": [.globalMaxPooling],
        "upsampling": [.upsampling(factor: 3)],
        "batch normalisation": [.batchNormalisation()],
        "batch normalisation, training": [.batchNormalisation()],
        "layer normalisation": [.layerNormalisation()],
        "group normalisation": [.groupNormalisation(groups: 2)],
        "group normalisation, one channel each": [.groupNormalisation(groups: 6)],
        "embedding": [.embedding(entries: 5, size: 3)],
        "lstm": [.lstm(units: 4)],
        "lstm, last state": [.lstm(units: 4, returns: .last)],
        "lstm, both directions": [.lstm(units: 2, bidirectional: true)],
        "lstm, last state, both directions": [.lstm(units: 2, returns: .last, bidirectional: true)],
        "lstm, one step": [.lstm(units: 3)],
        "gru": [.gru(units: 4)],
        "gru, last state": [.gru(units: 4, returns: .last)],
        "gru, both directions": [.gru(units: 2, bidirectional: true)],
        "gru, last state, both directions": [.gru(units: 2, returns: .last, bidirectional: true)],
        "gru, one step": [.gru(units: 3)],
        "self-attention": [.selfAttention(heads: 2)],
        "self-attention, causal": [.selfAttention(heads: 2, causal: true)],
    ]

    private static let activations = Activation.plain + [.leakyReLU(slope: 0.2), .elu(alpha: 0.7)]

    @Test func `agree in output and gradients`() throws {
        let file = try ReferenceValues.read("layers")
        let rows = try #require(file["rows"]?.int)
        var layers = Self.layers
        for activation in Self.activations { layers[activation.kind] = [.activation(activation)] }
        for example in try #require(file["layers"]?.array) {
            let name = try #require(example["name"]?.string)
            let found = layers.removeValue(forKey: name)
            try check(
                Example(example, name: name, rows: rows),
                try #require(found, "a case without a layer: \(name)")
            )
        }
        #expect(layers.isEmpty, "layers without a case: \(layers.keys.sorted())")
    }

    private struct Example {
        let name: String
        let inputs: Tensor<Float>
        let outputs: [Float]
        let slopes: Tensor<Float>
        let inputGradient: [Float]
        let weights: [String: Tensor<Float>]
        let gradients: [String: [Float]]

        init(_ json: JSONValue, name: String, rows: Int) throws {
            self.name = name
            let inputShape = try #require(json["inputShape"]?.array).compactMap(\.int)
            let outputShape = try #require(json["outputShape"]?.array).compactMap(\.int)
            inputs = try Tensor(shape: [rows] + inputShape, elements: json.floats("inputs"))
            outputs = try json.floats("outputs")
            slopes = try Tensor(shape: [rows] + outputShape, elements: json.floats("slopes"))
            inputGradient = try json.floats("inputGradient")
            var weights: [String: Tensor<Float>] = [:]
            var gradients: [String: [Float]] = [:]
            for weight in try #require(json["weights"]?.array) {
                let name = try #require(weight["name"]?.string)
                let shape = try #require(weight["shape"]?.array).compactMap(\.int)
                weights[name] = try Tensor(shape: shape, elements: weight.floats("values"))
                gradients[name] = try weight.floats("gradient")
            }
            self.weights = weights
            self.gradients = gradients
        }
    }

    private func check(_ example: Example, _ layers: [Layer]) throws {
        let network = try Network(
            inputShape: Array(example.inputs.shape.dropFirst()),
            layers: layers,
            weights: example.weights
        )
        #expect([example.inputs.rows] + network.outputShape == example.slopes.shape, "\(example.name)")
        if !example.outputs.isEmpty { expect(try network(example.inputs).elements, example.outputs, example.name) }
        if !example.inputGradient.isEmpty {
            let slopes = example.slopes
            let gradient = try network.pullback(at: example.inputs) { rows, _, weights in
                slopes.rows(rows).withUnsafeBufferPointer { _ = weights.update(from: $0) }
            }
            expect(gradient.elements, example.inputGradient, "\(example.name): input gradient")
        }
        let stepped = try step(network, example).weights
        for (name, gradient) in example.gradients where !gradient.isEmpty {
            let before = try #require(example.weights[name]).elements
            let after = try #require(stepped[name]).elements
            expect(zip(before, after).map { $0 - $1 }, gradient, "\(example.name): gradient of \(name)")
        }
    }

    /// The network after one step of rate 1 down the loss `Σ slopes · output / rows`, training.
    private func step(_ network: Network, _ example: Example) throws -> Network {
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.optimiser = .gradientDescent(learningRate: 1, momentum: 0)
        let objective = Objective { graph, batch in
            let target = try #require(batch.target)
            return graph.batchMean(of: try graph.sum(of: try graph.multiply(batch.output, target)))
        }
        let examples = try TrainingExamples(inputs: example.inputs, targets: example.slopes)
        return try trainer.train(network, on: examples, objective: objective).network
    }

    /// Both sides compute in float32 and sum up to a hundred products in another order; the values have seven digits, and
    /// a gradient read off a step loses the digits of its weight, which is below 1.
    private func expect(_ found: [Float], _ wanted: [Float], _ name: String) {
        let scale = max(wanted.map(abs).max() ?? 0, 1)
        #expect(areClose(found, wanted, absolute: 5e-6 * scale), "\(name): \(found) is not \(wanted)")
    }
}

extension JSONValue {
    /// A list of numbers.
    func floats(_ key: String) throws -> [Float] {
        let array = try #require(self[key]?.array, "no \(key)")
        return try array.map { Float(try #require($0.double)) }
    }
}
