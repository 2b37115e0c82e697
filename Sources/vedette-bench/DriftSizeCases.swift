import DriftDetection
import Methods
import Statistics
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How often each test of columns calls a window drift that is none, by simulation.
enum DriftSizeCases {
    /// What rows are drawn from.
    private enum Rows: String, CaseIterable {
        /// Standard normal numbers.
        case normal
        /// Normal numbers, rounded to halves: many ties.
        case tied
        /// Eight categories, from frequent to rare.
        case categories
        /// Four categories, equally frequent.
        case common
        /// Ones in three of ten.
        case flags
    }

    private static let methods: [(name: String, rows: [Rows])] = [
        ("KSDrift", [.normal, .tied]), ("CVMDrift", [.normal, .tied]), ("AndersonDarlingDrift", [.normal, .tied]),
        ("MannWhitneyDrift", [.normal, .tied]), ("EppsSingletonDrift", [.normal, .tied]),
        ("ChiSquareDrift", [.categories, .common, .flags]), ("GTestDrift", [.categories, .common, .flags]),
        ("FETDrift", [.flags]),
        ("TabularDrift", [.normal]), ("PSIDrift", [.normal, .tied]), ("JensenShannonDrift", [.normal, .tied]),
        ("HellingerDrift", [.normal, .tied]), ("TotalVariationDrift", [.normal, .tied]),
        ("WassersteinDrift", [.normal, .tied]), ("EnergyDrift", [.normal, .tied]),
    ]

    /// Prints a table of rates, of which each should be at most its bound: the level and four standard errors.
    ///
    /// - Parameter arguments: How many nulls a method, reference rows, window rows, columns, level; then methods, all
    ///   where none is named. Every null has a reference of its own.
    static func run(_ arguments: [String]) throws {
        func number(_ index: Int, _ fallback: Double) throws -> Double {
            guard index < arguments.count else { return fallback }
            guard let value = Double(arguments[index]) else {
                throw UsageError("usage: vedette-bench drift-sizes NULLS REFERENCE WINDOW COLUMNS LEVEL [METHOD …]")
            }
            return value
        }
        let nulls = Int(try number(0, 10_000))
        let (n, m, columns) = (Int(try number(1, 200)), Int(try number(2, 100)), Int(try number(3, 1)))
        let level = try number(4, 0.05)
        let bound = level + 4 * (level * (1 - level) / Double(nulls)).squareRoot()
        let wanted = arguments.dropFirst(5)
        print("| method | rows | rate | at most | |")
        print("| --- | --- | --- | --- | --- |")
        for (name, kinds) in methods where wanted.isEmpty || wanted.contains(name) {
            guard let factory = DriftDetection.columns(name) else { throw UsageError("there is no method \(name)") }
            let catalog = MethodCatalog([factory])
            let keys = "name = \"\(name)\"\np_val = \(level)"
            let parameters = try MonitorConfiguration(parsing: keys, catalog: catalog).parameters
            for kind in kinds {
                var flagged = 0
                for index in 0..<nulls {
                    var generator = SeededGenerator(seed: UInt64(index))
                    let test = try factory.test(reference: draw(kind, n, columns, &generator), parameters: parameters)
                    let window = draw(kind, m, columns, &generator)
                    if try test.test(window, level: level, using: UInt64(index)).isDrift { flagged += 1 }
                }
                let rate = Double(flagged) / Double(nulls)
                let verdict = rate <= bound ? "✓" : "✗"
                print("| `\(name)` | \(kind.rawValue) | \(shown(rate)) | \(shown(bound)) | \(verdict) |")
                fflush(nil)
            }
        }
    }

    /// A share with four digits.
    static func shown(_ share: Double) -> String {
        let digits = Int((share * 10_000).rounded())
        let text = "0000\(digits % 10_000)".suffix(4)
        return "\(digits / 10_000).\(text)"
    }

    private static func draw(_ rows: Rows, _ count: Int, _ columns: Int, _ generator: inout SeededGenerator) -> Tensor<
        Float
    > {
        var values: [Float] = []
        for _ in 0..<count * columns {
            switch rows {
            case .normal: values.append(Float(generator.normal()))
            case .tied: values.append(Float((generator.normal() * 2).rounded() / 2))
            case .categories:
                // Chances of 1/2, 1/4, … , and the rest for the last.
                let place = -log2(1 - generator.uniform())
                values.append(Float(min(7, Int(place))))
            case .common: values.append(Float(generator.index(below: 4)))
            case .flags: values.append(generator.uniform() < 0.3 ? 1 : 0)
            }
        }
        return Tensor(vector: values).withShape([count, columns])
    }
}
