import NeuralNetworks
import Statistics
import Tensors
import Testing

/// Each layer's gradients against finite differences, in training mode.
///
/// One step of plain gradient descent at rate 1 from weights w leaves w − gradient, so the gradient of every weight can
/// be read off the public interface; the loss of that step is the loss at w. A layer's gradient with respect to its
/// input is tested by the weights of the layer before it.
@Suite struct `Gradients of layers` {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let inputShape: [Int]
        let layers: [Layer]

        init(_ name: String, _ inputShape: [Int], _ layers: [Layer]) {
            testDescription = name
            self.inputShape = inputShape
            self.layers = layers
        }
    }

    static let image = [6, 5, 2]
    static let sequence = [5, 2]
    static let first = Layer.convolution(filters: 3, kernel: 3)
    static let cases =
        [
            Case("dense", [4], [.dense(units: 3), .activation(.tanh), .dense(units: 2)]),
            Case("dense without bias", [4], [.dense(units: 3, bias: false), .activation(.tanh), .dense(units: 2)]),
            Case(
                "dense over the channels of an image",
                image,
                [.dense(units: 4), .activation(.tanh), .dense(units: 2)]
            ),
            Case("convolution", image, [first, .activation(.tanh), .convolution(filters: 2, kernel: 3)]),
            Case("convolution with stride", image, [first, .convolution(filters: 2, kernel: 3, stride: 2)]),
            Case("convolution inside only", image, [first, .convolution(filters: 2, kernel: 3, padding: .valid)]),
            Case("convolution of even width", image, [first, .convolution(filters: 2, kernel: 2, bias: false)]),
            Case("convolution of one pixel", image, [first, .convolution(filters: 4, kernel: 1)]),
            Case(
                "convolution of one pixel with stride",
                image,
                [first, .convolution(filters: 4, kernel: 1, stride: 2)]
            ),
            Case(
                "convolution with two zeros around",
                image,
                [first, .convolution(filters: 2, kernel: 3, padding: .pixels(2))]
            ),
            Case("dilated convolution", image, [first, .convolution(filters: 2, kernel: 3, stride: 2, dilation: 2)]),
            Case("convolution in groups", image, [.dense(units: 4), .convolution(filters: 6, kernel: 3, groups: 2)]),
            Case("depthwise convolution", image, [first, .convolution(filters: 3, kernel: 3, stride: 2, groups: 3)]),
            Case(
                "depthwise convolution, two filters each",
                image,
                [first, .convolution(filters: 6, kernel: 2, groups: 3)]
            ),
            Case(
                "dilated transposed convolution in groups",
                [3, 2, 2],
                [.dense(units: 4), .transposedConvolution(filters: 6, kernel: 3, stride: 2, dilation: 2, groups: 2)]
            ),
            Case(
                "depthwise transposed convolution",
                [3, 2, 2],
                [
                    .dense(units: 3),
                    .transposedConvolution(filters: 3, kernel: 3, stride: 2, padding: .pixels(1), groups: 3),
                ]
            ),
            Case("transposed convolution", image, [first, .transposedConvolution(filters: 2, kernel: 3, stride: 2)]),
            Case(
                "transposed convolution inside only",
                image,
                [first, .transposedConvolution(filters: 2, kernel: 3, stride: 2, padding: .valid)]
            ),
            Case(
                "transposed convolution of one pixel",
                image,
                [first, .transposedConvolution(filters: 2, kernel: 1, stride: 1, bias: false)]
            ),
            Case(
                "transposed convolution with output padding",
                image,
                [
                    first,
                    .transposedConvolution(filters: 2, kernel: 3, stride: 3, padding: .pixels(1), outputPadding: 2),
                ]
            ),
            Case(
                "convolution of a sequence",
                sequence,
                [.dense(units: 3), .sequenceConvolution(filters: 2, kernel: 3, stride: 2)]
            ),
            Case(
                "dilated convolution of a sequence in groups",
                sequence,
                [.dense(units: 4), .sequenceConvolution(filters: 4, kernel: 2, dilation: 2, groups: 2)]
            ),
            Case(
                "residual block that halves a sequence",
                [6, 2],
                [.residual([.sequenceConvolution(filters: 4, kernel: 3, stride: 2), .activation(.tanh)])]
            ),
            Case("max pooling", [6, 6, 2], [first, .maxPooling(size: 2)]),
            Case("overlapping max pooling", image, [first, .maxPooling(size: 3, stride: 2)]),
            Case("average pooling", image, [first, .averagePooling(size: 2)]),
            Case("overlapping average pooling", image, [first, .averagePooling(size: 3, stride: 2)]),
            Case("global average pooling", image, [first, .globalAveragePooling, .dense(units: 2)]),
            Case("global max pooling", image, [first, .globalMaxPooling, .dense(units: 2)]),
            Case("upsampling", [3, 2, 2], [first, .upsampling(factor: 2)]),
            Case("batch normalisation of vectors", [4], [.dense(units: 3), .batchNormalisation(), .dense(units: 2)]),
            Case("batch normalisation of images", image, [first, .batchNormalisation(epsilon: 0.1)]),
            Case("layer normalisation", sequence, [.dense(units: 4), .layerNormalisation(), .dense(units: 2)]),
            Case("layer normalisation of vectors", [4], [.dense(units: 9), .layerNormalisation(), .dense(units: 2)]),
            Case("group normalisation", image, [.dense(units: 6), .groupNormalisation(groups: 2), .dense(units: 2)]),
            Case("group normalisation, one channel each", image, [first, .groupNormalisation(groups: 3)]),
            Case("self-attention", sequence, [.dense(units: 4), .selfAttention(heads: 2), .dense(units: 2)]),
            Case("causal self-attention", sequence, [.dense(units: 4), .selfAttention(heads: 1, causal: true)]),
            Case("normal sampling", [4], [.dense(units: 6), .normalSampling, .dense(units: 2)]),
            Case("dropout", [4], [.dense(units: 8), .dropout(rate: 0.4), .dense(units: 2)]),
            Case(
                "flatten and reshape",
                [2, 2, 2],
                [first, .flatten, .dense(units: 6), .reshape([3, 2]), .dense(units: 2)]
            ),
            Case("rescale", [4], [.dense(units: 2), .rescale(scale: [0.5, 3], offset: [1, -1]), .dense(units: 2)]),
            Case("lstm", sequence, [.dense(units: 3), .lstm(units: 4), .dense(units: 2)]),
            Case("lstm's last state", sequence, [.dense(units: 3), .lstm(units: 4, returns: .last)]),
            Case("lstm in both directions", sequence, [.dense(units: 3), .lstm(units: 3, bidirectional: true)]),
            Case(
                "last states of an lstm in both directions",
                sequence,
                [.dense(units: 3), .lstm(units: 3, returns: .last, bidirectional: true)]
            ),
            Case("lstm over one step", [1, 2], [.dense(units: 3), .lstm(units: 4)]),
            Case("gru", sequence, [.dense(units: 3), .gru(units: 4), .dense(units: 2)]),
            Case("gru's last state", sequence, [.dense(units: 3), .gru(units: 4, returns: .last)]),
            Case("gru in both directions", sequence, [.dense(units: 3), .gru(units: 3, bidirectional: true)]),
            Case("residual block", [4], [.dense(units: 3), .residual([.dense(units: 3), .activation(.tanh)])]),
            Case(
                "residual block that halves the image",
                [6, 6, 2],
                [first, .residual([.convolution(filters: 4, kernel: 3, stride: 2), .activation(.tanh)])]
            ),
        ] + activations.map { Case($0.kind, [4], [.dense(units: 8), .activation($0), .dense(units: 2)]) }

    static let activations = Activation.plain + [.leakyReLU(slope: 0.2), .elu(alpha: 0.7)]

    @Test(arguments: cases)
    func `agree with finite differences`(example: Case) throws {
        #expect(
            try gradientDistance(example, .meanSquaredError) < 0.01,
            "relative distance of the two gradients as vectors"
        )
    }

    /// What the gradient of a slope can pass through.
    static let twice =
        [
            Case("convolution", image, [first, .activation(.tanh), .convolution(filters: 2, kernel: 3, stride: 2)]),
            Case(
                "convolution in groups",
                image,
                [.dense(units: 4), .convolution(filters: 4, kernel: 3, dilation: 2, groups: 2), .activation(.softplus)]
            ),
            Case(
                "transposed convolution",
                [3, 2, 2],
                [
                    .transposedConvolution(filters: 2, kernel: 3, stride: 2, padding: .valid, outputPadding: 1),
                    .activation(.tanh), .globalAveragePooling,
                ]
            ),
            Case(
                "convolution of a sequence",
                [6, 2],
                [
                    .sequenceConvolution(filters: 3, kernel: 3, stride: 2), .activation(.tanh), .flatten,
                    .dense(units: 2),
                ]
            ),
            Case("lstm", [4, 2], [.dense(units: 2), .lstm(units: 3, returns: .last)]),
            Case("dropout", [4], [.dense(units: 8), .dropout(rate: 0.4), .activation(.tanh), .dense(units: 2)]),
            Case("normal sampling", [4], [.dense(units: 6), .normalSampling, .activation(.tanh), .dense(units: 2)]),
            Case(
                "residual block, rescale and reshape",
                [4],
                [
                    .rescale(scale: 0.5), .residual([.dense(units: 4), .activation(.silu)]), .reshape([2, 2]),
                    .dense(units: 3), .activation(.tanh), .flatten, .dense(units: 1),
                ]
            ),
        ]
        + smooth.map {
            Case($0.kind, [4], [.dense(units: 8), .activation($0), .dense(units: 3), .activation(.tanh)])
        }

    /// Those whose slope has no jump that a small step might cross; the others are tested by themselves, as functions.
    static let smooth: [Activation] = [
        .gelu, .geluTanh, .silu, .mish, .softplus, .sigmoid, .tanh, .softmax, .logSoftmax,
    ]

    @Test(arguments: twice)
    func `of a gradient penalty agree with finite differences`(example: Case) throws {
        let penalty = Objective { graph, batch in try graph.gradientPenalty(of: batch.output, by: batch.input) }
        #expect(try gradientDistance(example, penalty) < 0.01)
    }

    @Test func `of a variational autoencoder agree with finite differences`() throws {
        let layers: [Layer] = [.dense(units: 6), .normalSampling, .dense(units: 4)]
        let objective = Objective.evidenceBound(code: "dense1", divergenceWeight: 2)
        #expect(try gradientDistance(Case("variational", [4], layers), objective) < 0.01)
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try gradientDistance(Case("variational", [4], layers), .evidenceBound(code: "relu1"))
        }
        #expect(error.code == .unknownLayer && error.remedy.contains("dense1"))
    }

    private func gradientDistance(_ example: Case, _ objective: Objective) throws -> Double {
        var generator = SeededGenerator(seed: 11)
        let network = try Network(inputShape: example.inputShape, layers: example.layers, using: &generator)
        let rows = 4
        let inputs = Tensor<Float>.normal([rows] + example.inputShape, &generator)
        let targets = Tensor<Float>.normal([rows] + network.outputShape, &generator)
        let examples = try TrainingExamples(inputs: inputs, targets: targets)

        let (stepped, _) = try step(network, examples, objective)
        let trained = network.weightShapes.map(\.name).filter { !$0.hasSuffix(".mean") && !$0.hasSuffix(".variance") }
        let before = network.weights
        let after = stepped.weights
        var analytic: [Double] = []
        var numeric: [Double] = []
        // Large enough that the loss, a Float, changes in its upper half; small enough that kinks are rarely crossed.
        let change: Float = 4e-3
        for name in trained {
            let weight = try #require(before[name])
            let moved = try #require(after[name])
            for index in 0..<weight.count {
                var weights = before
                var losses: [Double] = []
                for sign: Float in [1, -1] {
                    weights[name]?[index] = weight[index] + sign * change
                    let network = try Network(
                        inputShape: example.inputShape,
                        layers: example.layers,
                        weights: weights
                    )
                    losses.append(try step(network, examples, objective).loss)
                }
                analytic.append(Double(weight[index] - moved[index]))
                numeric.append((losses[0] - losses[1]) / Double(2 * change))
            }
        }
        return distance(analytic, numeric)
    }

    /// The network after one step of rate 1, and the loss before it.
    private func step(
        _ network: Network,
        _ examples: TrainingExamples,
        _ objective: Objective
    ) throws -> (network: Network, loss: Double) {
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.optimiser = .gradientDescent(learningRate: 1, momentum: 0)
        let (trained, report) = try trainer.train(network, on: examples, objective: objective)
        return (trained, report.epochs[0].loss)
    }
}

/// `|a − b| / (|a| + |b|)`: 0 for equal vectors, near 1 for unrelated ones, whatever their scale.
func distance(_ a: [Double], _ b: [Double]) -> Double {
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return norm(zip(a, b).map { $0 - $1 }) / max(norm(a) + norm(b), .leastNormalMagnitude)
}

extension Tensor<Float> {
    /// Independent standard normal values.
    static func normal(_ shape: [Int], _ generator: inout SeededGenerator) -> Tensor {
        let values = (0..<shape.reduce(1, *)).map { _ in Float(generator.normal()) }
        return Tensor(shape: shape) { _ = $0.initialize(from: values) }
    }
}
