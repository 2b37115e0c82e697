package import NeuralNetworks
package import Prediction
import TOML

/// The content of `model.toml`: what the network is, without its weights.
package struct ModelFile: Hashable, Sendable {
    /// The model's name, version and kind.
    package var header: ModelHeader
    /// The shape of one row.
    package var inputShape: [Int]
    /// From the raw inputs to the logits.
    package var layers: [Layer]
    /// How the model came about.
    package var training: TrainingRecord?

    package init(
        header: ModelHeader,
        inputShape: [Int],
        layers: [Layer],
        training: TrainingRecord? = nil
    ) {
        self.header = header
        self.inputShape = inputShape
        self.layers = layers
        self.training = training
    }
}

extension ModelFile {
    /// Reads the text of a `model.toml`.
    ///
    /// - Throws: `.invalidDescription` naming the key, and for an unknown key the known ones.
    package init(parsing text: String, file: String) throws(PredictionError) {
        try self.init(reading: TableReader<PredictionError>(parsing: text, file: file))
    }

    /// Reads a whole `model.toml`.
    init(reading root: TableReader<PredictionError>) throws(PredictionError) {
        header = try ModelHeader(reading: root)
        inputShape = try root.integers("input_shape")
        layers = []
        for table in try root.tables("layers") { layers.append(try Layer(reading: table)) }
        if let table = try root.optionalTable("training") { training = try TrainingRecord(reading: table) }
        try root.finish()
    }

    /// The text that reads back to this.
    package var text: String {
        var lines = header.lines + ["input_shape = \(inputShape)", ""]
        for layer in layers { lines += layer.lines(header: "layers") + [""] }
        if let training { lines += training.lines + [""] }
        return lines.joined(separator: "\n")
    }
}

extension TrainingRecord {
    fileprivate init(reading table: TableReader<PredictionError>) throws(PredictionError) {
        let seedText = try table.text("seed")
        guard let seed = UInt64(seedText) else {
            throw table.invalid("seed", "is \(seedText)", remedy: "Give a whole number of up to 64 bits, in quotes")
        }
        self.init(
            architecture: try table.text("architecture"),
            seed: seed,
            epochs: try table.integer("epochs"),
            rows: try table.integer("rows"),
            validationAccuracy: try table.optionalNumber("validation_accuracy")
        )
    }

    /// A seed is text: TOML's integers have 63 bits.
    fileprivate var lines: [String] {
        [
            "[training]",
            "architecture = \(TOMLText.quoted(architecture))",
            "seed = \"\(seed)\"",
            "epochs = \(epochs)",
            "rows = \(rows)",
        ] + (validationAccuracy.map { ["validation_accuracy = \($0)"] } ?? [])
    }
}
