import DriftDetection
import Methods
import Statistics
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How often joint tests find changes of listed kinds; `scripts/reference/drift_power.py` asks alibi-detect the same.
enum DriftPowerCases {
    /// What changes.
    private enum Change: String, CaseIterable {
        /// One of three normal columns moves by 0.6 deviations.
        case shift = "1 of 3 columns moves by 0.6"
        /// One of sixteen normal columns moves by 0.7 deviations.
        case lost = "1 of 16 columns moves by 0.7"
        /// One of eight normal columns has twice the deviation.
        case spread = "1 of 8 columns spreads twice as far"
        /// Nine clusters of two columns each, whose columns come to go together.
        case blobs = "columns go together in 9 clusters"

        var rows: (reference: Int, window: Int) { self == .shift ? (200, 200) : (400, 300) }
    }

    private static let methods = [
        ("MMDDrift", ""), ("MMDDrift", "random_features = 1024"), ("LearnedKernelDrift", ""), ("SpotTheDiffDrift", ""),
        ("SpotTheDiffDrift", "n_folds = 5"),
        ("ClassifierDrift", ""), ("ClassifierDrift", "n_folds = 5"),
    ]

    /// Prints a table of rates at 5 %.
    ///
    /// - Parameter arguments: Windows a case; then methods, all where none is named.
    static func run(_ arguments: [String]) throws {
        let windows = arguments.first.flatMap { Int($0) } ?? 100
        let wanted = arguments.dropFirst()
        let catalog = MethodCatalog(DriftDetection.factories)
        print("| change | reference, window | method | found |")
        print("| --- | --- | --- | --- |")
        for change in Change.allCases {
            for (method, keys) in methods where wanted.isEmpty || wanted.contains(method) {
                var found = 0
                for index in 0..<windows {
                    var generator = SeededGenerator(seed: UInt64(index))
                    let reference = rows(change, change.rows.reference, changed: false, &generator)
                    let configuration = try MonitorConfiguration(
                        parsing: "name = \"\(method)\"\nseed = \(index)\n\(keys)",
                        catalog: catalog
                    )
                    let test = try TestSizeCases.test(configuration, catalog, reference: reference)
                    let window = rows(change, change.rows.window, changed: true, &generator)
                    if try test.test(window, level: 0.05, using: UInt64(index)).isDrift { found += 1 }
                }
                let sizes = "\(change.rows.reference), \(change.rows.window)"
                let share = DriftSizeCases.shown(Double(found) / Double(windows))
                print("| \(change.rawValue) | \(sizes) | `\(method)` \(keys) | \(share) |")
                fflush(nil)
            }
        }
    }

    private static func rows(
        _ change: Change,
        _ count: Int,
        changed: Bool,
        _ generator: inout SeededGenerator
    ) -> Tensor<Float> {
        var values: [Float] = []
        for _ in 0..<count {
            switch change {
            case .shift, .lost:
                let columns = change == .shift ? 3 : 16
                let shift = changed ? (change == .shift ? 0.6 : 0.7) : 0
                for column in 0..<columns { values.append(Float(generator.normal() + (column == 0 ? shift : 0))) }
            case .spread:
                for column in 0..<8 { values.append(Float(generator.normal() * (changed && column == 0 ? 2 : 1))) }
            case .blobs:
                let centre = (6 * Double(generator.index(below: 3)), 6 * Double(generator.index(below: 3)))
                let (a, b) = (generator.normal(), generator.normal())
                values.append(Float(centre.0 + a))
                values.append(Float(centre.1 + (changed ? 0.9 * a + 0.19.squareRoot() * b : b)))
            }
        }
        return Tensor(vector: values).withShape([count, values.count / count])
    }
}
