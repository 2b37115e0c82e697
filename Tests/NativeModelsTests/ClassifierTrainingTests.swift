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

        var training = ClassifierTraining(
            name: "digits",
            architecture: .cnn,
            classes: Digits.names,
            epochs: 20,
            seed: 7
        )
        training.augmentation = ImageAugmentation(shift: 1, rotation: 10, zoom: 0.1, noise: 0.5)
        let (model, report) = try training.train(images, labels: labels)

        #expect(try accuracy(model.predict(unseen), truth) >= 0.98)
        #expect(report.epochs.count == 20 && report.bestEpoch == 20)
        #expect(model.model.classes == Digits.names)
        #expect(model.training == TrainingRecord(architecture: "cnn", seed: 7, epochs: 20, rows: 900))
    }

    @Test(arguments: Architecture.allCases)
    func `every architecture learns colour images`(architecture: Architecture) throws {
        // Class 0 is brighter in red, class 1 in blue, by one standard deviation in every pixel.
        var generator = SeededGenerator(seed: 2)
        let labels = (0..<48).map { $0 % 2 }
        var images = Tensor<Float>(shape: [48, 32, 32, 3], repeating: 0)
        images.withUnsafeMutableBufferPointer { pixels in
            for index in pixels.indices {
                let isBright = index % 3 == 2 * labels[index / 3_072]
                pixels[index] = 100 + 20 * Float(generator.normal()) + (isBright ? 20 : 0)
            }
        }
        var training = ClassifierTraining(name: "c", architecture: architecture, classes: ["red", "blue"], epochs: 3)
        training.trainer.batchSize = 8
        let (model, _) = try training.train(images, labels: labels)
        #expect(try accuracy(model.predict(images), labels) > 0.9)
        #expect(model.model.inputs[0].kind == .image && model.model.inputs[0].shape == [32, 32, 3])
    }

    @Test func `a table with a constant column is learnt by the multilayer perceptron and refused by the others`()
        throws
    {
        var generator = SeededGenerator(seed: 3)
        let labels = (0..<200).map { $0 % 2 }
        let rows = try Tensor<Float>(
            shape: [200, 3],
            elements: labels.flatMap {
                [Float($0) * 5_000 + 1_000 * Float(generator.normal()), 7, Float(generator.normal())]
            }
        )
        var training = ClassifierTraining(name: "t", architecture: .mlp, classes: ["a", "b"], epochs: 20)
        let (model, _) = try training.train(rows, labels: labels)
        #expect(try accuracy(model.predict(rows), labels) > 0.95)
        training.architecture = .cnn
        let error = try #require(throws: NeuralNetworkError.self) { _ = try training.train(rows, labels: labels) }
        #expect(error.message.contains("[3]") && error.remedy.contains("mlp"))
    }

    private func accuracy(_ probabilities: Tensor<Float>, _ labels: [Int]) -> Double {
        let right = labels.indices.count { row in
            let scores = probabilities.rows(row..<row + 1).elements
            return scores.indices.max { scores[$0] < scores[$1] } == labels[row]
        }
        return Double(right) / Double(labels.count)
    }
}
