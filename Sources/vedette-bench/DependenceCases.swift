import DriftDetection
import Foundation
import Methods
import Statistics
import Tensors

/// How often tests call a window of a stream drift that is none, where rows depend on those before them: autoregressive
/// columns, `x(t) = φ x(t − 1) + √(1 − φ²) e(t)`, of which the window comes a hundred rows after the reference.
enum DependenceCases {
    private static let methods: [(name: String, columns: Int)] = [
        ("KSDrift", 1), ("EnergyDrift", 1), ("MMDDrift", 2), ("LSDDDrift", 2),
    ]
    private static let schemes = [
        "", "permutation = \"blocks\"", "permutation = \"blocks\"\nblock_length = 40",
        "permutation = \"circular-shift\"",
    ]

    /// Prints a table of rates, of which each should be at most the level and four standard errors.
    ///
    /// - Parameter arguments: Nulls a case, reference rows, window rows, the level; then methods, all where none is named.
    static func run(_ arguments: [String]) throws {
        func number(_ index: Int, _ fallback: Double) throws -> Double {
            guard index < arguments.count else { return fallback }
            guard let value = Double(arguments[index]) else {
                throw UsageError("usage: vedette-bench dependence NULLS REFERENCE WINDOW LEVEL [METHOD …]")
            }
            return value
        }
        let nulls = Int(try number(0, 1_000))
        let (n, m) = (Int(try number(1, 1_000)), Int(try number(2, 200)))
        let level = try number(3, 0.05)
        let wanted = arguments.dropFirst(4)
        let strengths = [0, 0.3, 0.5, 0.7, 0.9]
        let catalog = MethodCatalog(DriftDetection.factories)
        print("nulls \(nulls), reference \(n), window \(m), level \(level)\n")
        print("| method | permutation | " + strengths.map { "φ = \($0)" }.joined(separator: " | ") + " |")
        print("| --- | --- |" + strengths.map { _ in " --- |" }.joined())
        for (name, columns) in methods where wanted.isEmpty || wanted.contains(name) {
            for scheme in schemes {
                var rates: [String] = []
                for (place, strength) in strengths.enumerated() {
                    var flagged = 0
                    var lengths = Moments()
                    for index in 0..<nulls {
                        var generator = SeededGenerator(seed: UInt64(index)).split(stream: UInt64(place))
                        let stream = rows(n + 100 + m, columns, strength, &generator)
                        let keys = "name = \"\(name)\"\np_val = \(level)\nn_permutations = 199\n\(scheme)"
                        let configuration = try MonitorConfiguration(parsing: keys, catalog: catalog)
                        let test = try TestSizeCases.test(configuration, catalog, reference: stream.rows(0..<n))
                        let result = try test.test(
                            stream.rows(n + 100..<n + 100 + m),
                            level: level,
                            using: UInt64(index)
                        )
                        if result.isDrift { flagged += 1 }
                        if let length = result.details["block_length"]?.first { lengths.add(length) }
                    }
                    let rate = DriftSizeCases.shown(Double(flagged) / Double(nulls))
                    rates.append(lengths.count > 0 ? "\(rate) (\(Int(lengths.mean.rounded())))" : rate)
                }
                let shown =
                    scheme.isEmpty ? "rows" : scheme.replacing("permutation = ", with: "").replacing("\n", with: ", ")
                print("| `\(name)` | \(shown) | " + rates.joined(separator: " | ") + " |")
                fflush(nil)
            }
        }
    }

    private static func rows(
        _ count: Int,
        _ columns: Int,
        _ strength: Double,
        _ generator: inout SeededGenerator
    ) -> Tensor<Float> {
        var state = (0..<columns).map { _ in generator.normal() }
        let rest = (1 - strength * strength).squareRoot()
        var values: [Float] = []
        for _ in 0..<count {
            for column in 0..<columns {
                state[column] = strength * state[column] + rest * generator.normal()
                values.append(Float(state[column]))
            }
        }
        return Tensor(vector: values).withShape([count, columns])
    }
}
