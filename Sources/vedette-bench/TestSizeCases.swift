import DriftDetection
import Foundation
import Methods
import Statistics
import Tensors

/// How often each joint test of windows calls a window drift that is none, by simulation: fitted on a reference of its own
/// for every window, with `[split]` and preprocess step, as `vedette fit` does it.
enum TestSizeCases {
    private struct Case {
        /// The method, which the first argument after the numbers may choose.
        let method: String
        /// What beside the defaults, in words.
        let setting: String
        /// The configuration beside `name` and `p_val`.
        var keys = ""
        /// Rows of the reference and the window.
        var rows = (reference: 200, window: 100)
        /// What rows are drawn from.
        var kind = Kind.normal
    }

    private enum Kind: String {
        /// Four standard normal columns, the first two with a correlation of 0.7.
        case normal
        /// The same, rounded to halves: many equal values, and equal rows in one column.
        case tied
        /// Probabilities of three classes.
        case probabilities
        /// Two columns that follow a context; the window's contexts lie elsewhere.
        case context = "context moves"
    }

    private static let cases: [Case] = [
        Case(method: "MMDDrift", setting: ""), Case(method: "MMDDrift", setting: "", kind: .tied),
        Case(method: "MMDDrift", setting: "random_features = 256", keys: "random_features = 256"),
        Case(method: "MMDDrift", setting: "kernel = \"laplacian\"", keys: "kernel = \"laplacian\""),
        Case(method: "LSDDDrift", setting: ""), Case(method: "LSDDDrift", setting: "", kind: .tied),
        Case(method: "PCADrift", setting: ""), Case(method: "PCADrift", setting: "", kind: .tied),
        Case(method: "ClassifierDrift", setting: ""),
        Case(method: "ClassifierDrift", setting: "", kind: .tied),
        Case(method: "ClassifierDrift", setting: "model = \"logistic\"", keys: "model = \"logistic\""),
        Case(method: "ClassifierDrift", setting: "binarize_preds", keys: "binarize_preds = true"),
        Case(method: "ClassifierDrift", setting: "n_folds = 5", keys: "n_folds = 5"),
        Case(
            method: "ClassifierDrift",
            setting: "n_folds = 5, binarize_preds",
            keys: "n_folds = 5\nbinarize_preds = true"
        ),
        Case(
            method: "ClassifierDrift",
            setting: "n_folds = 5, model = \"logistic\"",
            keys: "n_folds = 5\nmodel = \"logistic\"",
            rows: (reference: 100, window: 50)
        ),
        Case(method: "SpotTheDiffDrift", setting: "n_folds = 5", keys: "n_folds = 5"),
        Case(method: "SpotTheDiffDrift", setting: ""), Case(method: "SpotTheDiffDrift", setting: "", kind: .tied),
        Case(method: "LearnedKernelDrift", setting: ""),
        Case(method: "LearnedKernelDrift", setting: "", kind: .tied),
        Case(method: "ContextMMDDrift", setting: "", kind: .context),
        Case(
            method: "ContextMMDDrift",
            setting: "",
            rows: (reference: 400, window: 150),
            kind: .context
        ),
        Case(method: "ClassifierUncertaintyDrift", setting: "", kind: .probabilities),
        Case(method: "RegressorUncertaintyDrift", setting: ""),
        Case(method: "KSDrift", setting: "on principal components", keys: pca, rows: (400, 100)),
        Case(method: "MMDDrift", setting: "on principal components", keys: pca, rows: (400, 100)),
        Case(method: "MMDDrift", setting: "on an autoencoder's code", keys: autoencoder, rows: (400, 100)),
        Case(method: "LSDDDrift", setting: "on standardised rows", keys: standardise, rows: (400, 100)),
    ]

    private static let pca = "[preprocess]\nmethod = \"pca\"\nn_components = 2"
    private static let standardise = "[preprocess]\nmethod = \"standardise\""
    private static let autoencoder = "[preprocess]\nmethod = \"autoencoder\"\nenc_dim = 2\nepochs = 3"

    /// Prints a table of rates, of which each should be at most its bound: the level and four standard errors.
    ///
    /// - Parameter arguments: How many nulls a case, and the level; then methods or settings, all where none is named.
    static func run(_ arguments: [String]) throws {
        func number(_ index: Int, _ fallback: Double) throws -> Double {
            guard index < arguments.count else { return fallback }
            guard let value = Double(arguments[index]) else {
                throw UsageError("usage: vedette-bench test-sizes NULLS LEVEL [METHOD or SETTING …]")
            }
            return value
        }
        let nulls = Int(try number(0, 1_000))
        let level = try number(1, 0.05)
        let wanted = arguments.dropFirst(2)
        let bound = level + 4 * (level * (1 - level) / Double(nulls)).squareRoot()
        print("| method | beside its defaults | rows | reference, window | nulls | rate | at most | |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("test-sizes-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for each in cases
        where wanted.isEmpty || wanted.contains(each.method) || wanted.contains(each.setting) {
            var flagged = 0
            for index in 0..<nulls {
                if try isDrift(each, level: level, index: index, folder: folder.path) { flagged += 1 }
            }
            let rate = Double(flagged) / Double(nulls)
            let sizes = "\(each.rows.reference), \(each.rows.window)"
            print(
                "| `\(each.method)` | \(each.setting) | \(each.kind.rawValue) | \(sizes) | \(nulls) | \(DriftSizeCases.shown(rate)) | \(DriftSizeCases.shown(bound)) | \(rate <= bound ? "✓" : "✗") |"
            )
            fflush(nil)
        }
    }

    private static func isDrift(_ each: Case, level: Double, index: Int, folder: String) throws -> Bool {
        let catalog = MethodCatalog(DriftDetection.factories)
        var generator = SeededGenerator(seed: UInt64(index))
        let text = "name = \"\(each.method)\"\np_val = \(level)\nseed = \(index)\n\(each.keys)"
        let reference = rows(each.kind, each.rows.reference, isWindow: false, &generator)
        let monitor = try fitted(
            MonitorConfiguration(parsing: text, catalog: catalog),
            catalog,
            reference.rows,
            context: reference.context,
            output: "\(folder)/\(index)"
        )
        guard case .window(let test) = monitor.method else { throw UsageError("\(each.method) tests no windows") }
        let window = rows(each.kind, each.rows.window, isWindow: true, &generator)
        let given = try window.context.map { try window.rows.beside($0) } ?? window.rows
        let features = try monitor.features(of: given, from: .inputs)
        return try test.test(features, level: level, using: UInt64(index)).isDrift
    }

    private static func fitted(
        _ configuration: MonitorConfiguration,
        _ catalog: MethodCatalog,
        _ rows: Tensor<Float>,
        context: Tensor<Float>? = nil,
        output: String
    ) throws -> FittedMonitor {
        defer { try? FileManager.default.removeItem(atPath: output) }
        return try Fitting.fit(configuration, catalog: catalog, rows: rows, context: context, output: output).monitor
    }

    /// The test that a configuration gives for a reference.
    static func test(
        _ configuration: MonitorConfiguration,
        _ catalog: MethodCatalog,
        reference: Tensor<Float>
    ) throws -> any WindowTest {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("drift-power-\(getpid())").path
        let monitor = try fitted(configuration, catalog, reference, output: output)
        guard case .window(let test) = monitor.method else { throw UsageError("the method tests no windows") }
        return test
    }

    private static func rows(
        _ kind: Kind,
        _ count: Int,
        isWindow: Bool,
        _ generator: inout SeededGenerator
    ) -> (rows: Tensor<Float>, context: Tensor<Float>?) {
        var values: [Float] = []
        var contexts: [Float] = []
        for _ in 0..<count {
            let shared = generator.normal()
            switch kind {
            case .normal, .tied:
                let row = [
                    shared, 0.7 * shared + 0.51.squareRoot() * generator.normal(), generator.normal(),
                    generator.normal(),
                ]
                values += row.map { Float(kind == .tied ? ($0 * 2).rounded() / 2 : $0) }
            case .probabilities:
                let parts = (0..<3).map { _ in -log(1 - generator.uniform()) }
                let total = parts.reduce(0, +)
                values += parts.map { Float($0 / total) }
            case .context:
                let context = isWindow ? 0.5 + 0.8 * shared : shared
                contexts.append(Float(context))
                values += [Float(context + 0.5 * generator.normal()), Float(0.5 * generator.normal() - context)]
            }
        }
        return (
            Tensor(vector: values).withShape([count, values.count / count]),
            contexts.isEmpty ? nil : Tensor(vector: contexts).withShape([count, 1])
        )
    }
}
