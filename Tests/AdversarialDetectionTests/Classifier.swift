import Methods
import NativeModels
import NeuralNetworks
import Prediction
import Statistics
import Tensors

/// Two classes on two blobs in 12 dimensions, and a small network that tells them apart.
struct Classifier {
    let model: NativeModel

    /// Rows of both classes in turn, and their labels.
    static func rows(_ count: Int, seed: UInt64) -> (rows: Tensor<Float>, labels: [Int]) {
        var generator = SeededGenerator(seed: seed)
        let labels = (0..<count).map { $0 % 2 }
        let values = labels.flatMap { label in
            (0..<12).map { column in
                let centre: Float = column < 4 ? (label == 0 ? -1 : 1) : 0
                return centre + 0.5 * Float(generator.normal())
            }
        }
        return (Tensor(vector: values).withShape([count, 12]), labels)
    }

    init() throws {
        let (rows, labels) = Self.rows(600, seed: 1)
        var generator = SeededGenerator(seed: 5)
        let start = try Network(
            inputShape: [12],
            layers: [.dense(units: 24), .relu, .dense(units: 2)],
            using: &generator
        )
        var trainer = Trainer()
        trainer.epochs = 15
        trainer.optimiser = .adam(learningRate: 0.01)
        let examples = try TrainingExamples(inputs: rows, labels: labels, classes: 2)
        let trained = try trainer.train(start, on: examples, objective: .softmaxCrossEntropy()).network
        model = try NativeModel(Self.description, network: trained)
    }

    private static let description = ModelDescription(
        name: "blobs",
        version: "3",
        inputs: [ColumnDescription(name: "x", datatype: .float32, shape: [12])],
        outputs: [ColumnDescription(name: "probabilities", datatype: .float32, shape: [2], classes: ["left", "right"])]
    )

    /// The share of rows whose class the model gets right.
    func accuracy(_ rows: Tensor<Float>, _ labels: [Int]) throws -> Double {
        let answers = try model.predict(rows)
        let right = labels.indices.count { (answers[$0 * 2 + 1] > answers[$0 * 2]) == (labels[$0] == 1) }
        return Double(right) / Double(labels.count)
    }
}
