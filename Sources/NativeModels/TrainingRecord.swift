/// How a model came about, as `[training]` of `model.toml` keeps it.
public struct TrainingRecord: Sendable, Hashable {
    /// The architecture's name.
    public var architecture: String
    /// The seed from which the training follows.
    public var seed: UInt64
    /// The epoch whose weights were kept.
    public var epochs: Int
    /// The number of rows it learnt from.
    public var rows: Int
    /// The share of right classes on rows that it did not learn from; `nil` when none were kept apart.
    public var validationAccuracy: Double?

    /// Makes a record.
    public init(architecture: String, seed: UInt64, epochs: Int, rows: Int, validationAccuracy: Double? = nil) {
        self.architecture = architecture
        self.seed = seed
        self.epochs = epochs
        self.rows = rows
        self.validationAccuracy = validationAccuracy
    }
}
