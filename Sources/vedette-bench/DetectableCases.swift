import DriftDetection
import Foundation
import Methods
import Statistics
import Tensors

/// How often a change is found that is as large as the smallest one that a verdict says it would find.
enum DetectableCases {
    private struct Case: Sendable {
        let method: String
        let change: String
        var keys = ""
        var columns = 1
        /// A row whose change has the size given in the unit of the method; size 0 is the reference.
        let row: @Sendable (_ size: Double, _ generator: inout SeededGenerator) -> [Double]
    }

    private static let cases: [Case] = [
        Case(method: "KSDrift", change: "a share of the lower half moves to the upper half", row: moved),
        Case(method: "KSDrift", change: "one of two values takes the other's place") { size, generator in
            [generator.uniform() < 0.38 + size ? 0 : 1]
        },
        Case(method: "KSDrift", change: "normal numbers move") { size, generator in
            // The gap of two normal laws that are 2s apart is 2 Φ(s) − 1.
            [generator.normal() + 2 * Normal.quantile((1 + size) / 2)]
        },
        Case(method: "KSDrift", change: "one of eight columns, as first", columns: 8) { size, generator in
            moved(size, &generator) + (1..<8).map { _ in generator.uniform() }
        },
        Case(method: "MannWhitneyDrift", change: "normal numbers move") { size, generator in
            // P(Y > X) = Φ(shift / √2), and the shift of ranks is twice that, less 1.
            [generator.normal() + 2.0.squareRoot() * Normal.quantile((1 + size) / 2)]
        },
        Case(method: "ChiSquareDrift", change: "all of four categories in proportion") { size, generator in
            let shares = [0.25 + size / 2, 0.25 - size / 2, 0.25 + size / 2, 0.25 - size / 2]
            return [category(shares, generator.uniform())]
        },
        Case(method: "GTestDrift", change: "two of four categories") { size, generator in
            [category([0.25 + size, 0.25 - size, 0.25, 0.25], generator.uniform())]
        },
        Case(method: "ChiSquareDrift", change: "a rate of 0.3 rises") { size, generator in
            [generator.uniform() < 0.3 + size ? 1 : 0]
        },
        Case(method: "FETDrift", change: "a rate of 0.3 rises") { size, generator in
            [generator.uniform() < 0.3 + size ? 1 : 0]
        },
        Case(method: "FETDrift", change: "a rate of 0.02 rises", keys: "alternative = \"greater\"") { size, generator in
            [generator.uniform() < 0.02 + size ? 1 : 0]
        },
    ]

    /// Half of the numbers are below a half; a share moves across it.
    @Sendable private static func moved(_ size: Double, _ generator: inout SeededGenerator) -> [Double] {
        let value = generator.uniform()
        return [value < 0.5 && generator.uniform() < 2 * size ? value + 0.5 : value]
    }

    private static func category(_ shares: [Double], _ chance: Double) -> Double {
        var rest = chance
        for (index, share) in shares.enumerated() {
            rest -= share
            if rest < 0 { return Double(index) }
        }
        return Double(shares.count - 1)
    }

    /// Prints a table of rates, of which each should be at least 0.8, less four standard errors.
    ///
    /// - Parameter arguments: Windows a case, reference rows, window rows.
    static func run(_ arguments: [String]) throws {
        let windows = arguments.first.flatMap { Int($0) } ?? 2_000
        let n = arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000
        let m = arguments.dropFirst(2).first.flatMap { Int($0) } ?? 200
        print("| method | change | detectable, mean | found |")
        print("| --- | --- | --- | --- |")
        for each in cases {
            try run(each.method, each.change, each.keys, windows) { size, count, generator in
                let values = (0..<count).flatMap { _ in each.row(size, &generator).map { Float($0) } }
                return Tensor(vector: values).withShape([count, each.columns])
            } sizes: {
                (n, m)
            }
        }
        for columns in [1, 4] {
            let width = 1.5
            try runJoint("MMDDrift", "sigma = [\(width)]", columns: columns, windows: windows, n, m) { size in
                // MMD² = 2 (σ² / (σ² + 2))^(d/2) (1 − exp(−δ² / 2(σ² + 2))) of normal columns of which one moves by δ.
                let s = width * width
                let most = 2 * pow(s / (s + 2), Double(columns) / 2)
                return (-2 * (s + 2) * log(1 - size * size / most)).squareRoot()
            }
            let effects = try lsddEffects(columns: columns, n: n)
            try runJoint("LSDDDrift", "sigma = [\(width)]", columns: columns, windows: windows, n, m) { size in
                guard let above = effects.indices.dropFirst().first(where: { effects[$0] >= size }) else { return 1 }
                let share = (size - effects[above - 1]) / max(effects[above] - effects[above - 1], 1e-12)
                return 0.1 * (Double(above - 1) + share)
            }
        }
    }

    /// The mean estimates of the density difference at moves of 0, 0.1, … 1, over references and large windows.
    private static func lsddEffects(columns: Int, n: Int) throws -> [Double] {
        var effects: [Double] = []
        for step in 0...10 {
            var moments = Moments()
            for index in 0..<12 {
                var generator = SeededGenerator(seed: UInt64(index)).split(stream: 77)
                let test = try test("LSDDDrift", "sigma = [1.5]", joint(0, n, columns, &generator), seed: index)
                let window = joint(0.1 * Double(step), 4_000, columns, &generator)
                moments.add(try test.test(window, level: 0.05, using: 1).effect.value)
            }
            effects.append(moments.mean)
        }
        return effects
    }

    private static func joint(
        _ shift: Double,
        _ count: Int,
        _ columns: Int,
        _ generator: inout SeededGenerator
    ) -> Tensor<Float> {
        let values = (0..<count * columns).map { Float(generator.normal() + ($0 % columns == 0 ? shift : 0)) }
        return Tensor(vector: values).withShape([count, columns])
    }

    private static func test(
        _ method: String,
        _ keys: String,
        _ reference: Tensor<Float>,
        seed: Int
    ) throws -> any WindowTest {
        let catalog = MethodCatalog(DriftDetection.factories)
        let configuration = try MonitorConfiguration(
            parsing: "name = \"\(method)\"\nseed = \(seed)\n\(keys)",
            catalog: catalog
        )
        return try TestSizeCases.test(configuration, catalog, reference: reference)
    }

    private static func run(
        _ method: String,
        _ change: String,
        _ keys: String,
        _ windows: Int,
        rows: (Double, Int, inout SeededGenerator) -> Tensor<Float>,
        sizes: () -> (Int, Int)
    ) throws {
        let (n, m) = sizes()
        var found = 0
        var detectable = Moments()
        for index in 0..<windows {
            var generator = SeededGenerator(seed: UInt64(index))
            let test = try test(method, keys, rows(0, n, &generator), seed: index)
            let clean = try test.test(rows(0, m, &generator), level: 0.05, using: UInt64(index))
            guard let size = clean.detectable?.value else { throw UsageError("\(method) has no detectable effect") }
            detectable.add(size)
            if try test.test(rows(size, m, &generator), level: 0.05, using: UInt64(index)).isDrift { found += 1 }
        }
        show(method, change, detectable.mean, found, windows)
    }

    private static func runJoint(
        _ method: String,
        _ keys: String,
        columns: Int,
        windows: Int,
        _ n: Int,
        _ m: Int,
        shift: (_ effect: Double) -> Double
    ) throws {
        try run(method, "one of \(columns) normal columns moves", keys, windows) { size, count, generator in
            joint(size == 0 ? 0 : shift(size), count, columns, &generator)
        } sizes: {
            (n, m)
        }
    }

    private static func show(_ method: String, _ change: String, _ detectable: Double, _ found: Int, _ windows: Int) {
        let size = (detectable * 10_000).rounded() / 10_000
        let rate = DriftSizeCases.shown(Double(found) / Double(windows))
        print("| `\(method)` | \(change) | \(size) | \(rate) of \(windows) |")
        fflush(nil)
    }
}
