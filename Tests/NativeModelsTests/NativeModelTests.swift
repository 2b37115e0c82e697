import Foundation
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import Testing

@Suite struct `A native model` {
    /// A net of smooth layers over inputs of 0 to 16, so that finite differences are exact enough.
    static func make(seed: UInt64 = 1) throws -> NativeModel {
        var generator = SeededGenerator(seed: seed)
        let layers: [Layer] = [
            .rescale(scale: 0.125, offset: 8), .convolution(filters: 4, kernel: 3), .batchNormalisation(),
            .activation(.tanh), .flatten, .dense(units: 3),
        ]
        let network = try Network(inputShape: [4, 4, 1], layers: layers, using: &generator)
        return try NativeModel(
            ModelDescription(
                name: "small",
                version: "1",
                inputs: [ColumnDescription(name: "image", shape: [4, 4, 1], kind: .image)],
                outputs: [ColumnDescription(name: "probabilities", shape: [3], classes: ["a", "b", "c"])]
            ),
            network: network
        )
    }

    private let model: NativeModel
    private let batch: Tensor<Float>

    init() throws {
        model = try Self.make()
        var generator = SeededGenerator(seed: 2)
        batch = Tensor(shape: [5, 4, 4, 1]) { target in
            for index in target.indices { target.initializeElement(at: index, to: 16 * Float(generator.uniform())) }
        }
    }

    @Test func `predicts probabilities of rows in any arrangement`() throws {
        let p = try model.predict(batch)
        #expect(p.shape == [5, 3])
        for row in 0..<5 {
            #expect(abs(p.rows(row..<row + 1).elements.reduce(0, +) - 1) < 1e-6)
        }
        #expect(try model.predict(batch.reshaped([5, 16])) == p)
        #expect(try model.predict(batch.rows(0..<0)).shape == [0, 3])
        var broken = batch
        broken[0] = .nan
        let answers = try model.predict(broken)
        #expect(answers[0].isNaN && answers.rows(1..<5) == p.rows(1..<5))
        let error = try #require(throws: PredictionError.self) {
            _ = try model.predict(Tensor(shape: [2, 15], repeating: 0))
        }
        #expect(error.code == .shapeMismatch && error.message.contains("small"))
    }

    @Test func `differentiates outputs, losses and sums of outputs by the raw inputs`() throws {
        let classes = [0, 1, 2, 1, 0]
        var generator = SeededGenerator(seed: 3)
        let weights = Tensor<Float>(shape: [5, 3]) { target in
            for index in target.indices { target.initializeElement(at: index, to: Float(generator.normal())) }
        }
        try expect(model.gradient(ofOutput: classes, at: batch), isGradientOf: { p, row in p[classes[row]] })
        try expect(model.lossGradient(labels: classes, at: batch), isGradientOf: { p, row in -log(p[classes[row]]) })
        try expect(
            model.pullback(weights, at: batch),
            isGradientOf: { p, row in (0..<3).reduce(0.0) { $0 + p[$1] * Double(weights[row * 3 + $1]) } }
        )
    }

    /// Compares with central differences of a function of each row's probabilities.
    private func expect(
        _ gradient: Tensor<Float>,
        isGradientOf value: ([Double], Int) -> Double,
        location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(gradient.shape == batch.shape, sourceLocation: location)
        // One hundredth of the pixels' unit is 1/800 of the network's.
        let change: Float = 0.05
        var squaredDifference = 0.0
        var squaredNorm = 0.0
        for pixel in 0..<16 {
            let probabilities = try [change, -change].map { change in
                var moved = batch
                for row in 0..<5 { moved[row * 16 + pixel] += change }
                return try model.predict(moved).elements.map(Double.init)
            }
            for row in 0..<5 {
                let values = probabilities.map { value(Array($0[row * 3..<row * 3 + 3]), row) }
                let numeric = (values[0] - values[1]) / Double(2 * change)
                let analytic = Double(gradient[row * 16 + pixel])
                squaredDifference += (numeric - analytic) * (numeric - analytic)
                squaredNorm += numeric * numeric
            }
        }
        #expect((squaredDifference / squaredNorm).squareRoot() < 5e-3, sourceLocation: location)
    }

    @Test func `the loss gradient does not vanish where the probability does`() throws {
        let layers: [Layer] = [.dense(units: 2, bias: false)]
        let weight = try Tensor<Float>(shape: [1, 2], elements: [200, -200])
        let network = try Network(inputShape: [1], layers: layers, weights: ["dense1.weight": weight])
        let description = ModelDescription(
            name: "sure",
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: [1])],
            outputs: [ColumnDescription(name: "p", shape: [2], classes: ["a", "b"])]
        )
        let model = try NativeModel(description, network: network)
        let one = Tensor<Float>(shape: [1, 1], repeating: 1)
        #expect(try model.predict(one).elements == [1, 0])
        // d (−log p_b) / dx = p_a · 200 + (p_b − 1) · (−200) = 400.
        #expect(try model.lossGradient(labels: [1], at: one).elements == [400])
        #expect(try model.gradient(ofOutput: [1], at: one).elements == [0])
    }

    @Test func `shows its layers and refuses classes and layers that it does not have`() throws {
        #expect(model.layers.last == "dense1")
        #expect(try model.activations(of: "tanh1", at: batch).shape == [5, 4, 4, 4])
        func code(_ body: () throws -> Void) throws -> PredictionError.Code {
            try #require(throws: PredictionError.self, performing: body).code
        }
        #expect(try code { _ = try model.activations(of: "tanh2", at: batch) } == .unknownOutput)
        #expect(try code { _ = try model.gradient(ofOutput: [0, 0, 0, 0, 3], at: batch) } == .unknownOutput)
        #expect(try code { _ = try model.lossGradient(labels: [0], at: batch) } == .shapeMismatch)
        #expect(try code { _ = try model.pullback(Tensor(shape: [5, 2], repeating: 0), at: batch) } == .shapeMismatch)
    }

    @Test func `must fit its description`() throws {
        for (shape, classes) in [([15], ["a", "b", "c"]), ([16], ["a", "b"]), ([16], [])] {
            let error = try #require(throws: PredictionError.self) {
                _ = try NativeModel(
                    ModelDescription(
                        name: "x",
                        version: "1",
                        inputs: [ColumnDescription(name: "i", shape: shape)],
                        outputs: [ColumnDescription(name: "o", shape: [max(classes.count, 1)], classes: classes)]
                    ),
                    network: model.network
                )
            }
            #expect(error.code == .invalidModel)
        }
    }
}
