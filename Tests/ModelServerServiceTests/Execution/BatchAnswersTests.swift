import ModelServerService
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors
import Testing

/// What the pages promise of rows that are answered together.
@Suite struct `Answers in a batch` {
    static let networks: [(name: String, inputShape: [Int], layers: [Layer])] = [
        ("dense", [96], [.dense(units: 128), .relu, .dense(units: 64), .relu, .dense(units: 10)]),
        (
            "convolutional", [8, 8, 1],
            [.convolution(filters: 16, kernel: 3), .relu, .flatten, .dense(units: 32), .relu, .dense(units: 10)]
        ),
    ]

    @Test(arguments: networks)
    func `of a network agree with those alone to the rounding of FP32`(
        name: String,
        inputShape: [Int],
        layers: [Layer]
    ) throws {
        var generator = SeededGenerator(seed: 5)
        let network = try Network(inputShape: inputShape, layers: layers, using: &generator)
        let classes = (0..<10).map { "\($0)" }
        let model = ServedModel(
            name: name,
            version: "1",
            platform: "vedette_native",
            predictor: try NativeModel(
                ModelDescription(
                    name: name,
                    version: "1",
                    inputs: [ColumnDescription(name: "x", shape: inputShape)],
                    outputs: [ColumnDescription(name: "y", shape: [10], classes: classes)]
                ),
                network: network
            )
        )
        let width = inputShape.reduce(1, *)
        let elements = (0..<33 * width).map { _ in Float(generator.uniform()) * 4 - 2 }
        let batch = try Tensor<Float>(shape: [33] + inputShape, elements: elements)
        let together = try model.predict(batch).elements
        let alone = try (0..<33).flatMap { row in try model.predict(batch.rows(row..<row + 1)).elements }
        // Sums of about a hundred products each, three layers deep, in another order: a few units in the last place of 1.
        let worst = zip(together, alone).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= 5e-7)
    }
}
