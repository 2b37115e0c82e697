import Explanations
import JSON
import Methods
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Integrated gradients` {
    /// `f(x) = xᵀAx + bᵀx` as output 1, and 0 as output 0.
    struct Quadratic: DifferentiablePredictor {
        let model = ModelDescription(name: "quadratic", version: "1", inputs: [], outputs: [])
        let a: [Double]
        let b: [Double]
        var size: Int { b.count }

        func value(_ x: [Double]) -> Double {
            (0..<size).reduce(0) { sum, i in
                sum + b[i] * x[i] + (0..<size).reduce(0) { $0 + x[i] * a[i * size + $1] * x[$1] }
            }
        }

        func predict(_ batch: Tensor<Float>) -> Tensor<Float> {
            Tensor(vector: (0..<batch.rows).flatMap { [0, Float(value(batch[row: $0].elements.map(Double.init)))] })
                .withShape([batch.rows, 2])
        }

        func gradient(ofOutput classes: [Int], at batch: Tensor<Float>) -> Tensor<Float> {
            Tensor(
                vector: (0..<batch.rows).flatMap { row -> [Float] in
                    let x = batch[row: row].elements.map(Double.init)
                    return (0..<size).map { i in
                        guard classes[row] == 1 else { return 0 }
                        return Float(b[i] + (0..<size).reduce(0) { $0 + (a[i * size + $1] + a[$1 * size + i]) * x[$1] })
                    }
                }
            ).withShape(batch.shape)
        }

        func lossGradient(labels: [Int], at batch: Tensor<Float>) -> Tensor<Float> { batch }
    }

    static func reference() throws -> (model: Quadratic, x: Tensor<Float>, attributions: [Double]) {
        let json = try #require(ReferenceValues.read("integrated-gradients")["quadratic"])
        func numbers(_ key: String) -> [Double] { (json[key]?.array ?? []).compactMap(\.double) }
        let x = Tensor<Float>(vector: numbers("x").map { Float($0) }).withShape([3, 4])
        return (Quadratic(a: numbers("a"), b: numbers("b")), x, numbers("attributions"))
    }

    @Test(arguments: [1, 2, 50])
    func `of a quadratic model equal the closed form, at any number of steps`(steps: Int) throws {
        let (model, x, expected) = try Self.reference()
        let explanations = try IntegratedGradients(model: model, steps: steps).explanations(of: x, target: 1)
        let found = explanations.flatMap { $0.attributions.elements.map(Double.init) }
        #expect(areClose(found, expected, absolute: 1e-5))  // gradients come in single precision
        #expect(explanations.allSatisfy { abs($0.delta) < 1e-5 })
    }

    @Test func `of a linear model are the weights times the difference to the baseline`() throws {
        let model = Quadratic(a: Array(repeating: 0, count: 9), b: [2, -3, 0.5])
        let x = Tensor<Float>(vector: [1, 2, 4]).withShape([1, 3])
        let plain = try #require(try IntegratedGradients(model: model).explanations(of: x, target: 1).first)
        #expect(areClose(plain.attributions.elements, [2, -6, 2], absolute: 1e-5))
        let black = try #require(
            try IntegratedGradients(model: model, baseline: .value(1)).explanations(of: x, target: 1).first
        )
        #expect(areClose(black.attributions.elements, [0, -3, 1.5], absolute: 1e-5))
        let background = Tensor<Float>(vector: [0, 0, 0, 2, 2, 2]).withShape([2, 3])
        let mean = try #require(
            try IntegratedGradients(model: model, baseline: .mean, background: background)
                .explanations(of: x, target: 1).first
        )
        #expect(mean.attributions == black.attributions)
        #expect(mean.baseline.elements == [1, 1, 1])
    }

    @Test func `explain the largest output where none is asked for`() throws {
        let (model, x, _) = try Self.reference()
        for explanation in try IntegratedGradients(model: model).explanations(of: x) {
            #expect(explanation.target == (explanation.predictions[1] > 0 ? 1 : 0))
        }
    }

    @Test func `of a network add up to its answer's difference to the baseline's`() throws {
        var generator = SeededGenerator(seed: 3)
        let network = try Network(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 3, kernel: 3), .activation(.tanh), .flatten, .dense(units: 3)],
            using: &generator
        )
        let model = try NativeModel(
            ModelDescription(
                name: "net",
                version: "1",
                inputs: [ColumnDescription(name: "image", datatype: .float32, shape: [4, 4, 1])],
                outputs: [ColumnDescription(name: "p", datatype: .float32, shape: [3], classes: ["a", "b", "c"])]
            ),
            network: network
        )
        let x = Tensor<Float>(vector: (0..<32).map { _ in Float(generator.normal()) }).withShape([2, 4, 4, 1])
        let start = try model.predict(Tensor(shape: [1, 4, 4, 1], repeating: 0))
        for explanation in try IntegratedGradients(model: model, batchSize: 7).explanations(of: x, target: 2) {
            #expect(explanation.attributions.shape == [4, 4, 1])
            let total = explanation.attributions.elements.reduce(0) { $0 + Double($1) }
            #expect(isClose(total, Double(explanation.predictions[2] - start[2]), absolute: 1e-4))
            #expect(abs(explanation.delta) < 1e-4)
        }
    }

    @Test func `are the same whatever the batch size`() throws {
        let (model, x, _) = try Self.reference()
        let whole = try IntegratedGradients(model: model).explanations(of: x, target: 1)
        for batchSize in [1, 7, 50] {
            #expect(try IntegratedGradients(model: model, batchSize: batchSize).explanations(of: x, target: 1) == whole)
        }
    }

    @Test func `edges are refused by name`() throws {
        let (model, x, _) = try Self.reference()
        let explainer = IntegratedGradients(model: model)
        #expect(try explainer.explanations(of: x.rows(0..<0)).isEmpty)
        #expect(throws: MethodError.self) { try explainer.explanations(of: x, target: 2) }
        #expect(throws: MethodError.self) { try explainer.explanations(of: Tensor(shape: [1, 4], repeating: .nan)) }
        #expect(throws: MethodError.self) { try IntegratedGradients(model: model, baseline: .mean).explanations(of: x) }
    }

    @Test func `data of an event has alibi's names and the shape of the row`() throws {
        let (model, x, _) = try Self.reference()
        let explanation = try #require(
            try IntegratedGradients(model: model).explanations(of: x.withShape([3, 2, 2]), target: 1).first
        )
        #expect(explanation.data["attributions"]?.array?.map { $0.array?.count } == [2, 2])
        #expect(explanation.data["predictions"]?.array?.count == 2)
        #expect(explanation.data["target"]?.int == 1)
        #expect(explanation.data["deltas"]?.double != nil)
        #expect(explanation.data["baselines"]?[1]?[0]?.double == 0)
    }
}

@Suite struct `Gauss-Legendre rule` {
    @Test(arguments: [1, 2, 5, 50, 101])
    func `equals numpy's on 0 to 1`(count: Int) throws {
        let json = try #require(ReferenceValues.read("integrated-gradients")["legendre"]?["\(count)"])
        let nodes = (json["nodes"]?.array ?? []).compactMap(\.double).map { ($0 + 1) / 2 }
        let weights = (json["weights"]?.array ?? []).compactMap(\.double).map { $0 / 2 }
        let rule = GaussLegendre(count: count)
        #expect(areClose(rule.nodes, nodes, absolute: 1e-14))
        #expect(areClose(rule.weights, weights, absolute: 1e-14))
    }

    @Test func `integrates polynomials exactly up to twice its nodes less one`() {
        let rule = GaussLegendre(count: 4)
        for degree in 0...7 {
            let integral = zip(rule.nodes, rule.weights).reduce(0) { sum, pair in
                sum + pair.1 * (0..<degree).reduce(1) { power, _ in power * pair.0 }
            }
            #expect(isClose(integral, 1 / Double(degree + 1), absolute: 1e-15))
        }
    }
}
