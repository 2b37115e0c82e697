import Prediction
import Tensors
import TestSupport
import Testing
import TreeModels

/// Damaged files of every kind: each is read, or refused by an error that says what is wrong; nothing else happens.
@Suite struct `Damaged model files` {
    /// One small model for each reader's own paths.
    static let models = [
        "xgboost-3.2-binary", "xgboost-3.2-binary-ubj", "xgboost-3.2-dart", "xgboost-3.2-linear", "xgboost-3.2-vectors",
        "xgboost-3.2-partitions", "xgboost-3.2-one-hot", "xgboost-1.7-softprob", "xgboost-3.2-target-vectors",
        "lightgbm-4.7-binary", "lightgbm-4.7-categories", "lightgbm-4.7-linear-leaves", "lightgbm-4.7-zeros",
        "lightgbm-4.7-multiclass-forest", "scikit-learn-random-forest", "scikit-learn-categories",
        "scikit-learn-softmax-regression", "scikit-learn-boosting-classes",
    ]

    @Test(arguments: models)
    func `are read or refused`(name: String) throws {
        let reference = try Reference.named(name)
        let bytes = reference.bytes
        let rows = try reference.values().x
        var generator = SplitMix(seed: 41)
        var read = 0
        var refused = 0
        for _ in 0..<FuzzCases.count(or: 400) {
            let changed = Self.changed(bytes, using: &generator)
            do {
                let model = try reference.kind.predictor(changed, name: "changed", version: "1")
                read += 1
                // What was read can be walked, whatever it says now.
                guard let rows = Self.rows(rows, fit: model) else { continue }
                let outputs = try model.predict(rows)
                #expect(outputs.rows == rows.rows)
            } catch let error as PredictionError {
                refused += 1
                #expect(error.code == .invalidModel)
                #expect(!error.message.isEmpty && error.message.utf8.count < 2_000 && !error.remedy.isEmpty)
            }
        }
        #expect(refused > 0)
        #expect(read + refused == FuzzCases.count(or: 400))
    }

    /// Besides the usual faults, numbers are put in the place of others, which keeps the grammar and breaks the tree.
    private static func changed(_ bytes: [UInt8], using generator: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        guard Bool.random(using: &generator) else { return FuzzCases.changed(bytes, using: &generator) }
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            guard let start = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { continue }
            let end = bytes[start...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
            let numbers = ["0", "1", "2", "7", "31", "-1", "-2", "255", "65536", "2147483647", "99999999999", "1e308"]
            bytes.replaceSubrange(start..<end, with: (numbers.randomElement(using: &generator) ?? "0").utf8)
        }
        return bytes
    }

    /// The rows in the width that a changed model takes; nil when it takes more than a test should spend on it.
    private static func rows(_ rows: Tensor<Float>, fit model: any Predictor) -> Tensor<Float>? {
        let width = model.model.inputs.reduce(0) { $0 + $1.elementCount }
        guard width < 1 << 16 else { return nil }
        return Tensor(shape: [rows.rows, width]) { target in
            for index in target.indices {
                target.initializeElement(
                    at: index,
                    to: rows[(index / width) * rows.elementsPerRow + (index % width) % rows.elementsPerRow]
                )
            }
        }
    }
}
