import Prediction
import Tensors
import TreeModels

/// One case of scripts/bench/trees: a model folder of another library asked for its answers.
enum TreeCases {
    /// Runs `FOLDER ROWS.npy BATCH CALLS`: announces itself when warm, then asks `CALLS` times for the first `BATCH` rows
    /// each time that it is told to.
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 4, let batch = Int(arguments[2]), let calls = Int(arguments[3]), batch > 0, calls > 0
        else { throw UsageError("trees takes a model folder, a file of rows, a size of batch and a number of calls") }
        let predictor = try ModelRuntimes(TreeRuntime.all).open(folder: arguments[0])
        let rows: Tensor<Float> = try NPY.read(path: arguments[1]).converted()
        guard batch <= rows.rows else { throw UsageError("\(arguments[1]) has \(rows.rows) rows") }
        let block = rows.rows(0..<batch)
        for _ in 0..<max(calls / 10, 3) { _ = try predictor.predict(block) }
        Rounds.announce(weights: (predictor as? TreeModel)?.ensemble.nodes.count ?? 0)
        try Rounds.serve {
            for _ in 0..<calls { _ = try predictor.predict(block) }
        }
    }
}
