package import JSON
import TOML

/// A monitor's `config.toml`, read strictly: every key has been understood, or reading failed.
///
/// The file says which method judges (`name` and the method's own keys), how rows become features (`[preprocess]`),
/// how the reference is divided (`[split]`), whose traffic is watched (`[monitor]`) and when someone is told
/// (`[alert]`). `docs/reference/config-toml.md` has the tables.
package struct MonitorConfiguration: Sendable, Equatable {
    /// The method, by the name that the field knows it under: `KSDrift`.
    package var method: String
    /// The method's own keys, defaults filled in.
    package var parameters: Parameters
    /// What every random choice of fitting and testing starts from.
    package var seed: UInt64
    /// How rows become features.
    package var preprocess: PreprocessConfiguration
    /// How the reference is divided.
    package var split: SplitConfiguration
    /// The slices that a window which drifted is cut into; nil where nobody asks.
    package var slices: SliceConfiguration?
    /// Whose traffic is watched; nil in a file that only serves `vedette detect`.
    package var monitor: MonitorSelection?
    /// When someone is told.
    package var alert: AlertConfiguration
    /// The text that was read, kept so that a fitted folder carries it with its comments.
    package var text: String

    /// Keys of alibi-detect's saved folders that carry no choice of their own here: accepted, not used.
    static let inertKeys = [
        "backend", "x_ref_preprocessed", "preprocess_at_init", "input_shape", "data_type", "n_features",
        "device", "batch_size_permutations", "configure_kernel_from_x_ref",
    ]

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - text: The file's text, TOML 1.0.
    ///   - catalog: The methods that this process has.
    /// - Throws: `.invalidConfiguration`, `.unknownKey` or `.unknownMethod`, each naming key, value and what may stand
    ///   there.
    package init(parsing text: String, catalog: MethodCatalog) throws(MethodError) {
        let top = try TableReader(configuration: text)
        method = try top.text("name")
        let factory = try catalog.factory(named: method)
        parameters = try Parameters(reading: top, declared: factory.parameters)
        seed = UInt64(try top.integer("seed", in: 0...Int.max, default: 0))
        for key in MonitorConfiguration.inertKeys { _ = top.value(key) }
        _ = try top.choice("x_ref", of: ["x_ref.npy"], default: "x_ref.npy")

        if let table = try top.optionalTable("preprocess") {
            preprocess = try PreprocessConfiguration(reading: table)
        } else {
            preprocess = .none
        }
        split = try SplitConfiguration(reading: top)
        slices = try top.optionalTable("slices").map(SliceConfiguration.init)
        if let table = try top.optionalTable("monitor") {
            monitor = try MonitorSelection(reading: table, rows: preprocess.rowSource)
        }
        if let table = try top.optionalTable("alert") {
            alert = try AlertConfiguration(reading: table)
        } else {
            alert = .standard
        }
        if let table = try top.optionalTable("meta") {
            _ = try table.optionalText("version")
            _ = table.value("version_warning")
        }
        try top.finish()
        self.text = text
    }

    /// What the rows of the monitor are in the model's traffic.
    package var rowSource: RowSource { preprocess.rowSource }

    /// Everything that decides verdicts, in one canonical spelling; comments, owner and runbook are not in it.
    package var canonical: JSONValue {
        var object: JSONObject = [
            "name": .string(method), "parameters": parameters.canonical, "seed": .string("\(seed)"),
            "preprocess": preprocess.canonical, "split": split.canonical,
            "monitor": monitor?.canonical ?? .null, "alert": alert.canonical,
        ]
        // Only where it is said, so that hashes of configurations that do not know it stay as they were.
        if let slices { object["slices"] = slices.canonical }
        return .object(object)
    }

    /// Whether the order of reference rows counts: their parts are then stretches of it, and not drawn.
    package var takesOrder: Bool { parameters.optionalText("permutation").map { $0 != "rows" } ?? false }
}
