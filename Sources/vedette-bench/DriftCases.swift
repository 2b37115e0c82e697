import DriftDetection
import JSON
import Methods
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One case of `scripts/bench/drift`: a test of columns on arrays that both sides read.
enum DriftCases {
    /// Serves rounds of windows.
    ///
    /// - Parameter arguments: A folder with `reference.npy` and `window.npy` in single precision, the method, and how many
    ///   windows a round has. The reference is sorted before the first round, as alibi-detect's is not.
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 3, let windows = Int(arguments[2]) else {
            throw UsageError("usage: vedette-bench drift FOLDER METHOD WINDOWS")
        }
        guard let factory = DriftDetection.columns(arguments[1]) else {
            throw UsageError("there is no method \(arguments[1])")
        }
        let reference = try floats("\(arguments[0])/reference.npy")
        let window = try floats("\(arguments[0])/window.npy")
        let configuration = try MonitorConfiguration(
            parsing: "name = \"\(arguments[1])\"",
            catalog: MethodCatalog([factory])
        )
        let before = Clock.wallSeconds()
        let test = try factory.test(reference: reference, parameters: configuration.parameters)
        let first = try test.test(window, level: 0.05, using: 0)
        let line: JSONValue = [
            "first": .number(Clock.wallSeconds() - before), "p_val": .array(first.pValues.map { .number($0) }),
        ]
        print(line.text)
        fflush(nil)
        try Rounds.serve {
            for _ in 0..<windows { _ = try test.test(window, level: 0.05, using: 0) }
        }
    }

    private static func floats(_ path: String) throws -> Tensor<Float> {
        try NPY.read(path: path).converted()
    }
}
