package import ArgumentParser
import CloudEvents
import Foundation
import JSON
import Journal
import Methods
import Monitoring
import Prediction
import ServiceKit
import Tensors

/// `vedette detect`: what a fitted detector says of a file, offline.
package struct DetectCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Judge the rows of a file by a fitted detector, without a service.",
        discussion: """
            The file is one batch, judged by the code that judges windows in a service. With --stream its rows come one \
            by one, and each prints an object: a window test speaks once its window is full, then every `every` rows, \
            a sequential test after each.

            Example:
              vedette detect --detector monitors/digits-drift \\
                --input today.npy --format json
            """
    )

    @Option(help: "The folder that `vedette fit` wrote.", completion: .directory)
    var detector: String

    @Option(help: "Rows: .npy, .npz or .csv.", completion: .file())
    var input: String

    @Option(help: "The context of each row, for methods that take one.", completion: .file())
    var context: String?

    @OptionGroup(title: "The model, for detectors and steps that ask it")
    var modelOptions: ModelOptions

    @Flag(help: "Feed the rows one by one.")
    var stream = false

    @Flag(help: "Exit with code 1 when anything was detected.")
    var failOnDetection = false

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func run() async throws {
        let predictor = try await modelOptions.open()
        let catalog = MethodCatalog.all
        let monitor = try catalog.load(Artefact(reading: detector, catalog: catalog), model: predictor)
        let rows = try readRows(monitor, predictor?.model)
        let judge = OfflineJudge(monitor: monitor, name: URL(fileURLWithPath: detector).lastPathComponent)

        var detected = false
        if stream {
            let format = format
            detected = try await OwnThread.run {
                var detected = false
                try judge.judge(rows) { row, verdict in
                    Self.show(verdict, row: row, format: format)
                    detected = detected || verdict.isDetection
                }
                return detected
            }
        } else {
            let verdict = try await OwnThread.run { try judge.verdict(of: rows) }
            Self.show(verdict, row: nil, format: format)
            detected = verdict.isDetection
        }
        if failOnDetection, detected { throw ExitCode(1) }
    }

    /// The rows, with their contexts behind them where the method takes one: from a file of their own, or as the last
    /// columns of the rows' file.
    private func readRows(_ monitor: FittedMonitor, _ model: ModelDescription?) throws -> Tensor<Float> {
        let manifest = monitor.manifest
        guard manifest.contextWidth > 0 || context == nil else {
            throw CommandError.usage(
                "\(detector) takes no context",
                remedy: "Leave --context out, or fit ContextMMDDrift"
            )
        }
        if manifest.contextWidth > 0, context == nil {
            return try RowsFile.read(input, rowShape: manifest.givenRowShape)
        }
        let rows = try RowsFile.read(
            input,
            of: model,
            columns: monitor.configuration.watchedInputs,
            fittedOn: manifest.columns,
            rowShape: manifest.rowShape
        ).rows
        guard let context else { return rows }
        let contexts = try RowsFile.read(context, rowShape: [manifest.contextWidth])
        return try rows.withShape([rows.rows, rows.elementsPerRow]).beside(contexts)
    }

    private static func show(_ verdict: VerdictData, row: Int?, format: OutputFormat) {
        switch format {
        case .json:
            var object = verdict.json.object ?? [:]
            if let row { object["row"] = .integer(Int64(row)) }
            print(JSONValue.object(object).text)
        case .table:
            print((row.map { "row \($0): " } ?? "") + verdict.sentence)
        }
    }
}

extension VerdictData {
    /// Whether something was found.
    package var isDetection: Bool {
        switch content {
        case .drift(let data): data.isDrift == true
        case .outlier(let data), .adversarial(let data): data.isFlagged.contains(true)
        case .performance, .quality, .fairness: false
        }
    }

    /// The verdict for a person, in one line.
    package var sentence: String {
        switch content {
        case .drift(let data):
            guard let isDrift = data.isDrift else { return "\(data.status.rawValue), no window yet" }
            if let sequence = data.sequence {
                let statistic = (sequence.statistic ?? .nan).fixed(4)
                return
                    "\(isDrift ? "drift" : "no drift") after \(sequence.time) rows: statistic \(statistic), threshold \((data.threshold ?? .nan).fixed(4))"
            }
            let smallest = data.pValue?.smallest ?? .nan
            let effect = data.effect.map { ", \($0.name) \($0.value.fixed(3))" } ?? ""
            let worst = data.features.first.map { ", most in \($0.name)" } ?? ""
            return
                "\(isDrift ? "drift" : "no drift"): p \(smallest.fixed(4)), threshold \((data.threshold ?? .nan).fixed(4))\(effect)\(worst)"
        case .outlier(let data), .adversarial(let data):
            let flagged = data.isFlagged.indices.filter { data.isFlagged[$0] }
            if data.isFlagged.count == 1 {
                return
                    "\(flagged.isEmpty ? "no " : "")\(kind): score \(data.scores[0].fixed(4)), threshold \(data.threshold.fixed(4))"
            }
            let places = flagged.prefix(20).map(String.init).joined(separator: ", ")
            return "\(flagged.count) of \(data.isFlagged.count) rows flagged (\(kind))"
                + (flagged.isEmpty ? "" : ": \(places)")
        case .performance, .quality, .fairness:
            return status.rawValue
        }
    }
}
