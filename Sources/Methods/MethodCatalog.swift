package import Prediction

/// The methods that a process has, by name.
package struct MethodCatalog: Sendable {
    private let factories: [String: any MethodFactory]

    /// Creates a catalogue; where two factories have one name, the later counts.
    package init(_ factories: [any MethodFactory]) {
        self.factories = Dictionary(factories.map { ($0.name, $0) }) { _, later in later }
    }

    /// The names, sorted.
    package var names: [String] { factories.keys.sorted() }

    /// Returns the factory of a method.
    ///
    /// - Throws: `.unknownMethod`, listing the names that there are.
    package func factory(named name: String) throws(MethodError) -> any MethodFactory {
        guard let factory = factories[name] else {
            throw MethodError(
                .unknownMethod,
                "no method here is named \(name)",
                remedy: "Methods here: \(names.joined(separator: ", "))"
            )
        }
        return factory
    }

    /// Whether a monitor has to be given its model to judge traffic.
    package func requiresModel(_ configuration: MonitorConfiguration) throws(MethodError) -> Bool {
        try factory(named: configuration.method).requiresModel || configuration.preprocess.method == .hiddenLayer
    }

    /// Restores a monitor from its verified folder.
    ///
    /// - Parameter model: The model that the method or the preprocess step asks; nil where neither does, or where a
    ///   monitor of outputs is fed from responses.
    /// - Throws: `MethodError`, most often `.invalidArtefact` or `.modelRequired`.
    package func load(_ artefact: Artefact, model: (any Predictor)? = nil) throws -> FittedMonitor {
        let configuration = artefact.configuration
        let factory = try factory(named: configuration.method)
        if try requiresModel(configuration), model == nil {
            throw MethodError(
                .modelRequired,
                "\(configuration.method) asks the model \(configuration.monitor?.model ?? "that it was fitted with")",
                remedy: "Name the model's folder or URL in models.toml, or give it with --model"
            )
        }
        let width = artefact.manifest.contextWidth
        guard factory.takesContext == (width > 0) else {
            throw MethodError.artefact("manifest.json", "context_width is \(width), for \(configuration.method)")
        }
        let step = try Preprocessors.load(artefact, model: model)
        let method = try factory.load(artefact, model: model)
        return FittedMonitor(
            configuration: configuration,
            manifest: artefact.manifest,
            configHash: artefact.configHash,
            preprocessor: width == 0
                ? step : ContextKeeping(step: step, rowShape: artefact.manifest.rowShape, width: width),
            method: method,
            labelShift: try LabelShift(artefact),
            slices: try SliceAttribution(artefact, method: method)
        )
    }
}
