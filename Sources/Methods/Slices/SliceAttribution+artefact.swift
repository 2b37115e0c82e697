extension SliceAttribution {
    /// Restores what a folder asks for; nil where it asks for no slices.
    ///
    /// - Throws: `.invalidConfiguration` where slices cannot be told: see ``requireSlices(of:)``.
    init?(_ artefact: Artefact, method: FittedMethod) throws {
        let configuration = artefact.configuration
        guard let slices = configuration.slices else { return nil }
        guard case .window = method, configuration.preprocess.method == .none, artefact.hasArray("x_ref"),
            artefact.manifest.contextWidth == 0
        else {
            throw MethodError(
                .invalidConfiguration,
                "[slices] with \(configuration.method) and the preprocess step \(configuration.preprocess.method.rawValue)",
                remedy:
                    "Slices are those of a window whose rows are compared as they are, by a method that keeps its reference"
            )
        }
        guard !configuration.takesOrder else {
            throw MethodError(
                .invalidConfiguration,
                "[slices] with permutation = \"\(configuration.parameters.optionalText("permutation") ?? "")\"",
                remedy: "Slices are compared by tests that take rows for independent: leave one of the two out"
            )
        }
        try self.init(
            slices,
            reference: artefact.floats("x_ref"),
            categories: Set((configuration.parameters.optionalCategories("categories_per_feature") ?? [:]).keys)
        )
    }

    /// What was found, in a sentence; nil where no slice changed.
    ///
    /// - Parameter name: What a column is called.
    package static func sentence(_ findings: [Finding], name: (Int) -> String) -> String? {
        let changed = findings.filter(\.isDrift)
        guard !changed.isEmpty else {
            return findings.isEmpty ? nil : "no slice of the window stands out"
        }
        let shown = changed.prefix(3).map { finding in
            "\(finding.slice.name(name(finding.slice.column))) (\(finding.count) rows, most in \(name(finding.column)))"
        }
        let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
        return "changed where " + shown.joined(separator: ", ") + more
    }
}
