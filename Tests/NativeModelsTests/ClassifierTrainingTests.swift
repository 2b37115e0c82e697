import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import Testing

@Suite struct `Training of classifiers` {
    /// scikit-learn's own example (a support vector machine) reaches 0.969 on the later half of these digits.
    @Test func `a convolutional net recognises at least 98 of 100 digits it has not seen`() throws {
        let digits = try Digits()
        var generator = SeededGenerator(seed: 1)
        let order = generator.permutation(digits.labels.count)
        let (images, labels) = digits.part(Array(order[..<900]))
        let (unseen, truth) = digits.part(Array(order[900...]))

        var training = ClassifierTraining(name: "digits", architecture: .cnn, classes: Digits.names, epochs: 20, seed: 7)
        training.augmentation = ImageAugmentation(shift: 1, rotation: 10, zoom: 0.1, noise: 0.5)
        let clock = ContinuousClock()
        let start = clock.now
        let (model, report) = try training.train(images, labels: labels) { print($0) }
        print("TRAIN", clock.now - start)

        let probabilities = try model.predict(unseen)
        #expect(accuracy(probabilities, truth) >= 0.98)
        print("ACC", accuracy(probabilities, truth))
        #expect(report.epochs.count == 20)
        let one = images.rows(0..<1)
        for _ in 0..<100 { _ = try model.predict(one) }
        let t0 = clock.now
        for _ in 0..<1000 { _ = try model.predict(one) }
        print("LATENCY", (clock.now - t0) / 1000)
    }

    private func accuracy(_ probabilities: Tensor<Float>, _ labels: [Int]) -> Double {
        let right = labels.indices.count { row in
            let scores = probabilities.rows(row..<row + 1).elements
            return scores.indices.max { scores[$0] < scores[$1] } == labels[row]
        }
        return Double(right) / Double(labels.count)
    }
}
