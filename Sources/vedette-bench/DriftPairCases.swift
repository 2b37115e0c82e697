import JSON
import Methods
import Tensors

/// Tests of many pairs of reference and window that somebody else tests too: `scripts/bench/drift-power`.
enum DriftPairCases {
    /// Prints a JSON line for each pair: whether drift was found at 5 %, and the p-values.
    ///
    /// - Parameter arguments: A folder with `references.npy`, shape `[pairs, n, columns]`, and `windows.npy`, shape
    ///   `[pairs, m, columns]`, the method, and lines of its configuration. The draws of each pair have a seed of their own.
    static func run(_ arguments: [String]) throws {
        guard (2...3).contains(arguments.count) else {
            throw UsageError("usage: vedette-bench drift-pairs FOLDER METHOD [SETTINGS]")
        }
        let references: Tensor<Float> = try NPY.read(path: "\(arguments[0])/references.npy").converted()
        let windows: Tensor<Float> = try NPY.read(path: "\(arguments[0])/windows.npy").converted()
        guard references.shape.count == 3, windows.shape.count == 3, references.rows == windows.rows else {
            throw UsageError(
                "references of shape \(references.shape) and windows of shape \(windows.shape) are no pairs"
            )
        }
        for pair in 0..<references.rows {
            let settings = "seed = \(pair)\n" + (arguments.count > 2 ? arguments[2] : "")
            let reference = try references.rows(pair..<pair + 1).reshaped(Array(references.shape.dropFirst()))
            let window = try windows.rows(pair..<pair + 1).reshaped(Array(windows.shape.dropFirst()))
            guard case .window(let test) = try SequentialCases.method(arguments[1], settings, rows: reference) else {
                throw UsageError("\(arguments[1]) tests no windows")
            }
            let found = try test.test(window, level: 0.05, using: UInt64(pair))
            let line: JSONValue = [
                "is_drift": .bool(found.isDrift), "p_val": .array(found.pValues.map { .number($0) }),
            ]
            print(line.text)
        }
    }
}
