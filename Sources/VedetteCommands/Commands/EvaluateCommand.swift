package import ArgumentParser
import JSON
import Journal
import PerformanceMetrics
import Prediction
import Statistics
import Tensors

/// `vedette evaluate`: how well a model does, with intervals.
package struct EvaluateCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Compute performance metrics with their intervals.",
        discussion: """
            From predictions and labels in files, or by running a model over a data set. Names are scikit-learn's. \
            Labels that are not whole numbers make it a regression.

            Examples:
              vedette evaluate --predictions predictions.npy --labels labels.npy
              vedette evaluate --model models/digits --dataset digits --format json
            """
    )

    @Option(help: "Predicted classes or values, one a row.", completion: .file())
    var predictions: String?

    @Option(help: "True classes or values, one a row.", completion: .file())
    var labels: String?

    @Option(help: "Predicted probabilities, a column for each class.", completion: .file())
    var scores: String?

    @OptionGroup(title: "The model")
    var modelOptions: ModelOptions

    @Option(help: "The data set whose test rows, or all rows where it has none, are predicted.")
    var dataset: DatasetReference?

    @Option(help: "Where the bootstrap of the intervals starts.")
    var seed: UInt64 = 0

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func validate() throws {
        let model = modelOptions.model
        let fromFiles = labels != nil && (predictions != nil || scores != nil) && model == nil && dataset == nil
        let fromModel = model != nil && dataset != nil && labels == nil && predictions == nil && scores == nil
        guard fromFiles || fromModel else {
            throw ValidationError("Give --labels with --predictions or --scores, or --model with --dataset.")
        }
    }

    package func run() async throws {
        var generator = SeededGenerator(seed: seed)
        if modelOptions.model != nil, let dataset {
            let model = try await modelOptions.openRequired()
            let data = try Dataset(dataset, of: model.model)
            guard let part = data.test ?? data.training else { return }
            if data.test == nil {
                StandardError.write(
                    "note: \(dataset) keeps no test rows, so rows that the model was trained on may be among these\n"
                )
            }
            let probabilities = try await OwnThread.run { try model.predict(part.rows.rows) }
            let scores = try ProbabilityScores(labels: part.rows.labels, probabilities: probabilities)
            show(
                try ClassificationReport(labels: part.rows.labels, scores: scores, using: &generator).metrics,
                rows: part.rows.labels.count,
                source: part.source
            )
            return
        }
        let truth = try RowsFile.readValues(labels ?? "")
        let predicted = try predictions.map(RowsFile.readValues)
        if scores == nil, let predicted, (truth + predicted).contains(where: { Int(exactly: $0) == nil }) {
            show(
                try RegressionReport(labels: truth, predictions: predicted, using: &generator).metrics,
                rows: truth.count
            )
            return
        }
        let classes = try RowsFile.readLabels(labels ?? "")
        let report = try ClassificationReport(
            labels: classes,
            predictions: predictions.map(RowsFile.readLabels),
            scores: scores.map { try ProbabilityScores(labels: classes, probabilities: RowsFile.read($0)) },
            using: &generator
        )
        show(report.metrics, rows: classes.count)
    }

    /// - Parameter source: The files of a data set that the rows come from.
    private func show(_ metrics: [Metric], rows: Int, source: String? = nil) {
        switch format {
        case .json:
            var object: JSONObject = ["rows": .integer(Int64(rows))]
            if let source { object["source"] = .string(source) }
            for metric in metrics { object[metric.name] = .number(metric.value) }
            object["intervals"] = .object(
                metrics.reduce(into: JSONObject()) { intervals, metric in
                    guard let interval = metric.interval else { return }
                    intervals[metric.name] = [
                        "low": .number(interval.lowerBound), "high": .number(interval.upperBound),
                        "method": metric.intervalMethod.map { .string($0.rawValue) } ?? .null,
                    ]
                }
            )
            print(JSONValue.object(object).text)
        case .table:
            var table = TextTable(header: ["metric", "value", "95 % interval", "by"])
            for metric in metrics {
                table.append([
                    metric.name, metric.value.fixed(4),
                    metric.interval.map { "\($0.lowerBound.fixed(4)) … \($0.upperBound.fixed(4))" } ?? "",
                    metric.intervalMethod?.rawValue ?? "",
                ])
            }
            print(table.text + "\n\(rows) rows\(source.map { " of \($0)" } ?? "")")
        }
    }
}
