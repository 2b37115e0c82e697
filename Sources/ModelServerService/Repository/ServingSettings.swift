package import Prediction
import TOML

/// How a model is served, from `serving.toml` beside its version folders.
///
/// ```toml
/// version = "3"          # answers requests that name no version; without it the newest does
/// concurrency = 16       # requests under way at once
///
/// [canary]
/// version = "4"
/// share = 0.05           # of the requests that name no version, by a hash of their id
///
/// [shadow]
/// version = "5"
/// share = 1.0
///
/// [batch]
/// rows = 32              # 1: never together with another request
/// latency = "5ms"
///
/// [warmup]
/// rows = "rows.npy"      # without it, a row of zeros
/// ```
package struct ServingSettings: Sendable, Hashable {
    /// A version that gets a part of the requests.
    package struct Part: Sendable, Hashable {
        package var version: String
        /// 0 to 1.
        package var share: Double

        package init(version: String, share: Double) {
            self.version = version
            self.share = share
        }
    }

    /// The version for requests that name none; nil for the newest that is neither canary nor shadow.
    package var version: String?
    /// How many requests may be under way; nil for what the settings of the process say.
    package var concurrency: Int?
    /// Who answers some of the requests in place of the others.
    package var canary: Part?
    /// Who gets copies, and whose answers nobody sees.
    package var shadow: Part?
    /// The most rows of a batch; nil for what the settings of the process say.
    package var batchRows: Int?
    /// How long a batch may take; nil for what the settings of the process say.
    package var batchLatency: Duration?
    /// A file of rows in the model's folder or in a version's, which a version has to answer before it is ready.
    package var warmUpRows: String?

    package init() {}

    /// Whether requests are drawn for other versions.
    package var divides: Bool { canary != nil || shadow != nil }

    /// Reads the text of a `serving.toml`.
    ///
    /// - Throws: `.invalidDescription` naming the file and the key.
    package init(parsing text: String, file: String) throws(PredictionError) {
        let root = try TableReader<PredictionError>(parsing: text, file: file)
        version = try root.optionalText("version")
        concurrency = try root.optionalInteger("concurrency", in: 1...100_000)
        canary = try Self.part("canary", of: root)
        shadow = try Self.part("shadow", of: root)
        if let batch = try root.optionalTable("batch") {
            batchRows = try batch.optionalInteger("rows", in: 1...100_000)
            batchLatency = try batch.optionalDuration("latency")
        }
        if let warmUp = try root.optionalTable("warmup") {
            let rows = try warmUp.text("rows")
            guard !rows.isEmpty, !rows.hasPrefix("."), !rows.contains("/") else {
                throw warmUp.invalid("rows", "is \(rows)", remedy: "Give the name of a file beside the versions")
            }
            warmUpRows = rows
        }
        try root.finish()
        if let version, version == canary?.version {
            throw root.invalid("version", "is the canary's too", remedy: "Let the canary be another version")
        }
    }

    private static func part(
        _ key: String,
        of root: TableReader<PredictionError>
    ) throws(PredictionError) -> Part? {
        guard let table = try root.optionalTable(key) else { return nil }
        let share = try table.number("share", in: 0...1, default: key == "shadow" ? 1 : nil)
        return Part(version: try table.text("version"), share: share)
    }
}
