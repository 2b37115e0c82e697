import AdversarialDetection
package import ArgumentParser
import DriftDetection
import JSON
import Prediction
import Statistics
import Tensors

/// `vedette perturb`: shifted, corrupted and adversarial rows for drills.
package struct PerturbCommand: AsyncParsableCommand {
    /// What to do to the rows.
    package enum Method: String, ExpressibleByArgument, CaseIterable, Sendable {
        case gaussianNoise = "gaussian-noise"
        case rotation, blur, contrast, brightness, fgsm, pgd
    }

    package static let configuration = CommandConfiguration(
        commandName: "perturb",
        abstract: "Make shifted, corrupted or adversarial rows, to see a monitor fire.",
        discussion: """
            fgsm and pgd move each value by at most --epsilon, or else severity × 5 % of its range, against --model, away \
            from --labels or else from the model's own answer.

            Example:
              vedette perturb --input clean.npy --method rotation \\
                --severity 2 --output turned.npy
            """
    )

    @Option(help: "Rows: .npy, .npz or .csv.", completion: .file())
    var input: String

    @Option(help: "What is done: \(Method.allCases.map(\.rawValue).joined(separator: ", ")).")
    var method: Method

    @Option(help: "How much of it, 1 to 5.")
    var severity = 3

    @Option(help: "How far fgsm and pgd move a value at most, in the rows' unit.")
    var epsilon: Float?

    @Option(help: "The file to write.", completion: .file())
    var output: String

    @OptionGroup(title: "The model that fgsm and pgd attack, and that tells the range of a value")
    var modelOptions: ModelOptions

    @Option(help: "True classes, one a row, for fgsm and pgd.", completion: .file())
    var labels: String?

    @Option(help: "The smallest value that a row may hold; by default the model's, or the smallest in the input.")
    var minimum: Float?

    @Option(help: "The largest value that a row may hold.")
    var maximum: Float?

    @Option(help: "Where everything random starts.")
    var seed: UInt64 = 0

    @Option(help: "table or json.")
    var format = OutputFormat.table

    package init() {}

    package func validate() throws {
        guard Corruption.severities.contains(severity) else { throw ValidationError("--severity is 1 to 5.") }
        if method == .fgsm || method == .pgd, modelOptions.model == nil {
            throw ValidationError("\(method.rawValue) needs the model that it attacks: --model DIR.")
        }
        if let epsilon, !(epsilon > 0 && epsilon.isFinite) { throw ValidationError("--epsilon is above 0.") }
    }

    package func run() async throws {
        let predictor = try await modelOptions.open()
        let read = try RowsFile.read(input, of: predictor?.model)
        let rows = read.rows
        let range = try range(of: rows, model: predictor?.model)
        var generator = SeededGenerator(seed: seed)
        let perturbed: Tensor<Float>
        if let corruption = Corruption(rawValue: method.rawValue) {
            perturbed = try corruption.applied(to: rows, severity: severity, range: range, using: &generator)
        } else if let predictor {
            guard let attacked = predictor as? any DifferentiablePredictor else {
                throw CommandError.badInput(
                    "the model \(predictor.model.name) gives no gradients, along which \(method.rawValue) goes",
                    remedy: "Give a native model, as vedette train writes it"
                )
            }
            let epsilon = epsilon ?? Float(severity) * 0.05 * (range.upperBound - range.lowerBound)
            let attack: Attack =
                method == .fgsm
                ? .fastGradientSign(epsilon: epsilon, range: range)
                : .projectedGradient(epsilon: epsilon, range: range)
            let targets = try labels.map(RowsFile.readLabels) ?? attacked.predict(rows).largestIndices
            guard targets.count == rows.rows else {
                throw CommandError.badInput(
                    "there are \(targets.count) labels for \(rows.rows) rows",
                    remedy: "Give one label a row"
                )
            }
            perturbed = try attack.attacked(rows, labels: targets, model: attacked, using: &generator)
        } else {
            return
        }
        try RowsFile.write(perturbed, columns: read.columns, to: output)
        switch format {
        case .json:
            print(
                JSONValue.object([
                    "file": .string(output), "rows": .integer(Int64(perturbed.rows)),
                    "method": .string(method.rawValue),
                    "columns": read.columns.map { .array($0.map { .string($0) }) } ?? .null,
                ]).text
            )
        case .table: print("\(output): \(perturbed.rows) rows")
        }
    }

    private func range(of rows: Tensor<Float>, model: ModelDescription?) throws -> ClosedRange<Float> {
        let values = rows.elements.filter(\.isFinite)
        guard let smallest = values.min(), let largest = values.max() else {
            throw CommandError.badInput("\(input) holds no numbers", remedy: "Give rows with finite values")
        }
        let known = model?.inputRange
        let low = minimum ?? known?.lowerBound ?? smallest, high = maximum ?? known?.upperBound ?? largest
        guard low < high else {
            throw CommandError.usage(
                "the range of a value is \(low) to \(high)",
                remedy: "Give --minimum below --maximum"
            )
        }
        return low...high
    }
}

extension Tensor<Float> {
    /// For each row the index of its largest value: of probabilities, the class.
    package var largestIndices: [Int] {
        (0..<rows).map { row in
            let range = row * elementsPerRow..<(row + 1) * elementsPerRow
            return (range.max { self[$0] < self[$1] } ?? range.lowerBound) - range.lowerBound
        }
    }
}
