package import TOML

/// What `model.toml` says of a model of any kind.
public struct ModelHeader: Sendable, Hashable {
    /// The only version of the file that there is.
    package static let formatVersion = 1
    /// The kind of a model that names none: a network of Vedette's own.
    public static let nativeKind = "native"

    /// What the model is called in events and in `models.toml`.
    public var name: String
    /// The model's version.
    public var version: String
    /// What runs it: the ``ModelRuntime/kind`` of a runtime.
    public var kind: String

    /// Makes a header.
    public init(name: String, version: String, kind: String = ModelHeader.nativeKind) {
        self.name = name
        self.version = version
        self.kind = kind
    }

    /// Reads `format_version`, `name`, `version` and `kind`; other keys are left to the kind.
    package init(reading table: TableReader<PredictionError>) throws(PredictionError) {
        let formatVersion = try table.integer("format_version")
        guard formatVersion == Self.formatVersion else {
            throw table.invalid(
                "format_version",
                "is \(formatVersion)",
                remedy: "This version of Vedette reads \(Self.formatVersion); use the one that wrote the file"
            )
        }
        self.init(
            name: try table.text("name"),
            version: try table.text("version"),
            kind: try table.text("kind", default: Self.nativeKind)
        )
    }

    /// The lines that read back to this.
    package var lines: [String] {
        [
            "format_version = \(Self.formatVersion)",
            "name = \(TOMLText.quoted(name))",
            "version = \(TOMLText.quoted(version))",
        ] + (kind == Self.nativeKind ? [] : ["kind = \(TOMLText.quoted(kind))"])
    }
}
