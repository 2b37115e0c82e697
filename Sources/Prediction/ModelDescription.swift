/// What a model is called, what it takes and what it gives.
public struct ModelDescription: Sendable, Hashable {
    /// The name under which `models.toml` and events know the model.
    public var name: String
    /// The version, empty where nobody says it; one version's outputs are never compared with another's.
    public var version: String
    /// The inputs in order; several concatenate along features, rows on axis 0.
    public var inputs: [ColumnDescription]
    /// The outputs in order.
    public var outputs: [ColumnDescription]

    /// Makes a description.
    public init(name: String, version: String, inputs: [ColumnDescription], outputs: [ColumnDescription]) {
        self.name = name
        self.version = version
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The version where somebody says it: a model behind a URL may not.
    public var knownVersion: String? { version.isEmpty ? nil : version }

    /// The names of the classes, in the order of the output's elements; empty when the outputs name none.
    public var classes: [String] { outputs.first(where: { !$0.classes.isEmpty })?.classes ?? [] }
}
