import Explanations
import Foundation
import Methods
package import Prediction
import TOML
package import Tensors

/// Fits what a configuration names, detector or explainer, with a progress bar.
package struct MonitorFitting: Sendable {
    /// What was written.
    package struct Fitted: Sendable {
        package let method: String
        package let configHash: String?
        /// The rows that each part of the reference got, in the order of use; empty for explainers.
        package let split: [(part: String, rows: Int)]
        /// What the reader should know.
        package let notes: [String]
    }

    /// The text of a `config.toml` or `explainer.toml`.
    package var configuration: String
    /// Reference rows, shape `[n, …]`.
    package var rows: Tensor<Float>
    /// What the values of a row are called, where somebody says it.
    package var columns: [String]?
    /// The context of each row, for methods that take one.
    package var context: Tensor<Float>?
    package var labels: [Int]?
    package var model: (any Predictor)?
    package var modelTrainingRows: Tensor<Float>?

    package init(
        configuration: String,
        rows: Tensor<Float>,
        columns: [String]? = nil,
        context: Tensor<Float>? = nil,
        labels: [Int]? = nil,
        model: (any Predictor)? = nil,
        modelTrainingRows: Tensor<Float>? = nil
    ) {
        self.configuration = configuration
        self.rows = rows
        self.columns = columns
        self.context = context
        self.labels = labels
        self.model = model
        self.modelTrainingRows = modelTrainingRows
    }

    /// The model's inputs that a configuration watches, by name; nil where it watches all of them.
    package static func watchedInputs(of configuration: String) -> [String]? {
        // What cannot be read is refused when it is fitted.
        (try? MonitorConfiguration(parsing: configuration, catalog: .all))?.watchedInputs
    }

    /// Fits, and writes the folder.
    ///
    /// - Throws: `MethodError` by key, file or row count.
    package func run(output: String) throws -> Fitted {
        if let name = try? TOMLTable(parsing: configuration)["name"]?.text,
            ExplainerConfiguration.methods.contains(name)
        {
            return try writeExplainer(ExplainerConfiguration(parsing: configuration), to: output)
        }
        let catalog = MethodCatalog.all
        let parsed = try MonitorConfiguration(
            parsing: model.map { CategoriesOfSchema($0.model).filled(into: configuration, catalog) } ?? configuration,
            catalog: catalog
        )
        let bar = ProgressBar("fitting \(URL(fileURLWithPath: output).lastPathComponent)")
        let start = ContinuousClock.now
        let report = try Fitting.fit(
            parsed,
            catalog: catalog,
            rows: rows,
            columns: columns,
            context: context,
            labels: labels,
            model: model,
            modelTrainingRows: modelTrainingRows,
            output: output,
            progress: { stage, fraction in bar.show(fraction, stage) }
        )
        bar.finish("\(parsed.method) in \(((ContinuousClock.now - start) / .seconds(1)).fixed(1)) s")
        let split = report.monitor.manifest.split
        return Fitted(
            method: parsed.method,
            configHash: report.monitor.configHash,
            split: SplitPart.allCases.compactMap { part in split[part].map { (part.rawValue, $0) } },
            notes: report.notes
        )
    }

    /// An explainer learns nothing: its folder holds the configuration and the rows that its baseline is taken from.
    private func writeExplainer(_ explainer: ExplainerConfiguration, to output: String) throws -> Fitted {
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            try configuration.write(toFile: "\(output)/explainer.toml", atomically: true, encoding: .utf8)
        } catch {
            throw CommandError.unavailable("\(output) cannot be written", remedy: "Choose another --output")
        }
        if let background = explainer.background {
            try NPY.write(rows, to: "\(output)/\(background)")
        }
        return Fitted(method: explainer.method, configHash: nil, split: [], notes: [])
    }
}
