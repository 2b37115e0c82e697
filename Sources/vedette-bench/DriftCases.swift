import DriftDetection
import JSON
import Methods
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One case of `scripts/bench/drift`: a drift test on arrays that both sides read.
enum DriftCases {
    /// Serves rounds of windows, or of the window's rows one by one where the method is sequential.
    ///
    /// - Parameter arguments: A folder with `reference.npy` and `window.npy` in single precision, the method, how many
    ///   windows a round has, and further lines of the method's configuration. What the first window pays for, such as sorting the reference, is done before the first
    ///   round, as alibi-detect's is not.
    static func run(_ arguments: [String]) throws {
        guard (3...4).contains(arguments.count), let windows = Int(arguments[2]) else {
            throw UsageError("usage: vedette-bench drift FOLDER METHOD WINDOWS [SETTINGS]")
        }
        let window = try floats("\(arguments[0])/window.npy")
        let keys = arguments[1].hasSuffix("Online") ? "n_bootstraps = 10000" : "seed = 0"
        let method = try SequentialCases.method(
            arguments[1],
            arguments.count > 3 ? "\(keys)\n\(arguments[3])" : keys,
            rows: try floats("\(arguments[0])/reference.npy")
        )
        let round: () throws -> [Double]
        switch method {
        case .window(let test): round = { try test.test(window, level: 0.05, using: 0).pValues }
        case .sequential(let test): round = { [try test.answers(to: window).last?.statistic ?? .nan] }
        case .instance: throw UsageError("\(arguments[1]) is no drift test")
        }
        let before = Clock.wallSeconds()
        let values = try round()
        let line: JSONValue = [
            "first": .number(Clock.wallSeconds() - before), "p_val": .array(values.map { .number($0) }),
        ]
        print(line.text)
        fflush(nil)
        try Rounds.serve {
            for _ in 0..<windows { _ = try round() }
        }
    }

    private static func floats(_ path: String) throws -> Tensor<Float> {
        try NPY.read(path: path).converted()
    }
}
