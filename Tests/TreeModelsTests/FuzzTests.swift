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
        // A million for each kind of file: boosted and linear models of XGBoost, LightGBM, scikit-learn.
        let share = Self.models.count { $0.prefix(5) == name.prefix(5) }
        let others = try Self.models.filter { $0.prefix(5) == name.prefix(5) }.map { try Reference.named($0).bytes }
        var read = 0
        var refused = 0
        let change: ([UInt8], inout SplitMix) -> [UInt8] = { file, generator in
            // Numbers in the place of others keep the grammar and break the tree.
            Bool.random(using: &generator)
                ? FuzzCases.withChangedNumbers(file, using: &generator)
                : FuzzCases.changed(file, among: others, using: &generator)
        }
        let slow = FuzzCases.each(of: [bytes], seed: 41, or: 400, share: share, change: change) { changed in
            do {
                let model = try reference.kind.predictor(changed, name: "changed", version: "1")
                read += 1
                // What was read can be walked, whatever it says now.
                guard let rows = Self.rows(rows, fit: model) else { return }
                if try model.predict(rows).rows != rows.rows { Issue.record("another number of answers than of rows") }
            } catch let error as PredictionError {
                refused += 1
                if error.code != .invalidModel || error.message.isEmpty || error.message.utf8.count >= 2_000
                    || error.remedy.isEmpty
                {
                    Issue.record("\(error)")
                }
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(refused > 0)
        #expect(read + refused == FuzzCases.count(or: 400, share: share))
        #expect(slow.isEmpty)
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
