import Methods
import TOML

/// What a detector of alibi-detect is as a monitor: the text of a `config.toml`, and what is left out or differs.
package struct AlibiDetectTranslation: Sendable {
    /// The configuration of the monitor, without comments.
    package let configuration: String
    /// What the reader should know.
    package let notes: [String]

    /// Keys that say how alibi-detect computes, and not what.
    private static let inert: Set<String> = [
        "name", "x_ref", "c_ref", "meta", "backend", "input_shape", "data_type", "x_ref_preprocessed",
        "preprocess_at_init",
        "n_features", "device", "batch_size", "batch_size_permutations", "configure_kernel_from_x_ref", "verbose",
    ]

    /// The classes that both have, with the keys that are taken over as they are.
    private static let known: [String: Set<String>] = {
        let columns: Set<String> = ["p_val", "correction"]
        let online: Set<String> = ["ert", "n_bootstraps"]
        return [
            "KSDrift": columns.union(["alternative"]), "CVMDrift": columns,
            "ChiSquareDrift": columns.union(["categories_per_feature"]), "FETDrift": columns.union(["alternative"]),
            "TabularDrift": columns.union(["categories_per_feature", "alternative"]),
            "MMDDrift": ["p_val", "n_permutations", "sigma"],
            "LSDDDrift": ["p_val", "n_permutations", "sigma", "n_kernel_centers", "lambda_rd_max"],
            "ContextMMDDrift": ["p_val", "n_permutations", "prop_c_held", "n_folds"],
            "MMDDriftOnline": online.union(["window_size", "sigma"]),
            "LSDDDriftOnline": online.union(["window_size", "sigma", "n_kernel_centers", "lambda_rd_max"]),
            "CVMDriftOnline": online.union(["window_sizes"]),
            "FETDriftOnline": online.union(["window_sizes", "alternative", "lam"]),
        ]
    }()

    /// Translates a folder.
    ///
    /// - Parameter model: The name of the model whose traffic the monitor is to watch, where it is known.
    /// - Throws: `CommandError` that names class or field where there is no translation.
    package init(_ folder: AlibiDetectFolder, model: String?) throws {
        guard let taken = Self.known[folder.name] else { throw Self.unknown(folder.name) }
        var lines = ["name = \(TOMLText.quoted(folder.name))"]
        var tables: [String] = []
        var notes = folder.notes
        for (key, value) in folder.fields where !Self.inert.contains(key) {
            switch key {
            case "kernel", "x_kernel", "c_kernel": try Self.requireGaussian(value, key)
            case "update_x_ref", "update_ref":
                notes.append("\(key) is not taken over: a reference that follows the traffic follows its drift")
            case "t_max": notes.append("t_max is not taken over: thresholds are simulated until they no longer change")
            case "n_bootstraps" where Self.isTooFew(value, folder):
                notes.append("n_bootstraps is not taken over: it is less than ten times ert")
            case _ where !taken.contains(key):
                throw CommandError.badInput(
                    "\(folder.name): the field \(key) has no translation",
                    remedy: "Fit anew with vedette fit, or save the detector without it"
                )
            default:
                if let table = value.table {
                    tables.append("[\(key)]")
                    tables += table.entries.map { "\(TOMLText.key($0.key)) = \(Self.text($0.value))" }
                } else if key == "sigma", value.array == nil {
                    lines.append("sigma = [\(Self.text(value))]")
                } else {
                    lines.append("\(key) = \(Self.text(value))")
                }
            }
        }
        if folder.fields.contains(where: { $0.key == "backend" && $0.value.text == "keops" }),
            !folder.fields.contains(where: { $0.key == "sigma" })
        {
            notes.append("the kernel's width is the median distance; the keops backend takes the mean")
        }
        if folder.fields.contains(where: { $0.key == "x_ref_preprocessed" && $0.value.flag == true }) {
            notes.append("x_ref is preprocessed: give the monitor rows that are, or a [preprocess] step")
        }
        if folder.name == "ContextMMDDrift" {
            notes.append(
                "the kernels' widths are medians of the reference's rows and contexts; alibi-detect takes those of the first batch with it"
            )
        }
        if let model, folder.context != nil {
            notes.append(
                "no [monitor] for \(model): a service has to know the columns that are the context; fit with a context in [monitor] for one"
            )
        } else if let model {
            tables += ["[monitor]", "model = \(TOMLText.quoted(model))"]
        } else {
            notes.append("without --model the folder is for vedette detect; a service wants a [monitor] table")
        }
        configuration = (lines + tables).joined(separator: "\n") + "\n"
        self.notes = notes
    }

    private static func isTooFew(_ value: TOMLValue, _ folder: AlibiDetectFolder) -> Bool {
        let runTime = folder.fields.first { $0.key == "ert" }?.value.number ?? 0
        return value.number.map { $0 < 10 * runTime } ?? false
    }

    /// The kernels of the registry are Gaussian; another one was refused with its file before, or has a name of its own.
    private static func requireGaussian(_ value: TOMLValue, _ key: String) throws {
        let source = value.text ?? value.table?["src"]?.text ?? ""
        let isGaussian = source.hasPrefix("@utils.") && source.hasSuffix(".kernels.GaussianRBF")
        guard isGaussian, value.table?["sigma"] == nil || value.table?["sigma"]?.text == "None" else {
            throw CommandError.badInput(
                "\(key) is \(source.isEmpty ? "a table" : source)",
                remedy: "Save the detector with its sigma and the default kernel, or fit anew with vedette fit"
            )
        }
    }

    private static func text(_ value: TOMLValue) -> String {
        switch value.content {
        case .text(let text): TOMLText.quoted(text)
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        case .dateTime(let dateTime): dateTime.text
        case .table: "{}"  // none of the fields that are taken over has one within another
        }
    }

    private static func unknown(_ name: String) -> CommandError {
        let models = [
            "ClassifierDrift", "SpotTheDiffDrift", "LearnedKernelDrift", "ClassifierUncertaintyDrift",
            "RegressorUncertaintyDrift",
        ]
        return .badInput(
            models.contains(name)
                ? "\(name) is saved with a model, whose loading executes what is in it"
                : "\(name) has no translation; there is one for \(known.keys.sorted().joined(separator: ", "))",
            remedy: "Fit anew with vedette fit on the same reference"
        )
    }
}
