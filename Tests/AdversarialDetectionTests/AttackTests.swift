import AdversarialDetection
import Methods
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct Attacks {
    /// A model whose loss rises with the first value for label 0 and falls for label 1, and does not know the third.
    struct Slope: DifferentiablePredictor {
        let model = ModelDescription(name: "slope", version: "1", inputs: [], outputs: [])
        func predict(_ batch: Tensor<Float>) -> Tensor<Float> { batch }
        func gradient(ofOutput classes: [Int], at batch: Tensor<Float>) -> Tensor<Float> { batch }
        func lossGradient(labels: [Int], at batch: Tensor<Float>) -> Tensor<Float> {
            Tensor(vector: labels.flatMap { $0 == 0 ? [0.001, -5, 0] : [-0.001, 5, 0] }).withShape(batch.shape)
        }
    }

    @Test func `the fast gradient sign method moves each value by epsilon along the sign, by hand`() throws {
        var generator = SeededGenerator(seed: 1)
        let batch = Tensor<Float>(vector: [1, 1, 1, 2, 2, 2]).withShape([2, 3])
        let attacked = try Attack.fastGradientSign(epsilon: 0.5, range: 0...10)
            .attacked(batch, labels: [0, 1], model: Slope(), using: &generator)
        #expect(attacked.elements == [1.5, 0.5, 1, 1.5, 2.5, 2])
    }

    @Test func `nothing leaves the range of inputs`() throws {
        var generator = SeededGenerator(seed: 1)
        let batch = Tensor<Float>(vector: [0.9, 0.1, 0.5]).withShape([1, 3])
        let attacked = try Attack.fastGradientSign(epsilon: 0.5, range: 0...1)
            .attacked(batch, labels: [0], model: Slope(), using: &generator)
        #expect(attacked.elements == [1, 0, 0.5])
    }

    @Test func `projected gradient descent stays within epsilon and reaches its edge`() throws {
        var generator = SeededGenerator(seed: 1)
        let batch = Tensor<Float>(shape: [5, 3], repeating: 4)
        let attacked = try Attack.projectedGradient(epsilon: 0.25, range: 0...10)
            .attacked(batch, labels: [0, 0, 1, 1, 0], model: Slope(), using: &generator)
        #expect(attacked.elements.allSatisfy { abs($0 - 4) <= 0.25 })
        for row in 0..<5 {
            #expect(abs(abs(attacked[row * 3] - 4) - 0.25) < 1e-6)
        }
        var again = SeededGenerator(seed: 1)
        #expect(
            try Attack.projectedGradient(epsilon: 0.25, range: 0...10)
                .attacked(batch, labels: [0, 0, 1, 1, 0], model: Slope(), using: &again) == attacked
        )
    }

    @Test func `a trained model is led astray, more by many steps than by one`() throws {
        let classifier = try Classifier()
        let (rows, labels) = Classifier.rows(300, seed: 2)
        #expect(try classifier.accuracy(rows, labels) > 0.97)
        var generator = SeededGenerator(seed: 3)
        let single = try Attack.fastGradientSign(epsilon: 0.8, range: -10...10)
            .attacked(rows, labels: labels, model: classifier.model, using: &generator)
        let many = try Attack.projectedGradient(epsilon: 0.8, range: -10...10)
            .attacked(rows, labels: labels, model: classifier.model, using: &generator)
        let (afterOne, afterMany) = (try classifier.accuracy(single, labels), try classifier.accuracy(many, labels))
        #expect(afterOne < 0.7)
        #expect(afterMany <= afterOne + 0.02)
    }
}
