package import Prediction
package import Tensors

/// Turns a configuration and reference rows into a monitor's folder.
package enum Fitting {
    /// What fitting did.
    package struct Report: Sendable {
        /// The monitor, as a service will load it from the folder.
        package var monitor: FittedMonitor
        /// What the reader should know: promises that do not hold, and what is unusual about the reference.
        package var notes: [String]
    }

    /// Fits a monitor and writes its folder.
    ///
    /// Rows are divided as `[split]` says, the preprocess step learns from the `features` part, and the method is
    /// fitted on features. What was fitted is loaded again before it is written, so a folder that exists can be used.
    ///
    /// - Parameters:
    ///   - rows: Reference rows as the model is asked, shape `[n, …]`.
    ///   - labels: One class a row, for methods that use them.
    ///   - model: The monitored model, for steps and methods that ask it.
    ///   - modelTrainingRows: Rows that the model was trained on; a reference that holds one of them is refused.
    ///   - output: The folder to write.
    ///   - progress: Told how far fitting is.
    /// - Throws: `MethodError`: `.trainingRowsReused`, `.tooFewRows`, `.nonFiniteValue`, `.modelRequired`,
    ///   `.neverFires`, `.fileSystem`.
    package static func fit(
        _ configuration: MonitorConfiguration,
        catalog: MethodCatalog,
        rows: Tensor<Float>,
        labels: [Int]? = nil,
        model: (any Predictor)? = nil,
        modelTrainingRows: Tensor<Float>? = nil,
        output: String,
        progress: @escaping FittingProgress = { _, _ in }
    ) throws -> Report {
        if let modelTrainingRows { try TrainingRows(modelTrainingRows).requireNone(in: rows) }
        try requireOneLabelPerRow(labels, rows)
        let factory = try catalog.factory(named: configuration.method)
        if try catalog.requiresModel(configuration) || configuration.preprocess.derivesFromModel, model == nil {
            throw MethodError(
                .modelRequired,
                "\(configuration.method) with \(configuration.preprocess.method.rawValue) asks the model while it is fitted",
                remedy: "Give the model's folder or URL with --model"
            )
        }
        let needed = factory.parts.union(configuration.preprocess.learns ? [.features] : [])
        let split = try ReferenceSplit.indices(
            of: rows.rows,
            needed: needed,
            by: configuration.split,
            seed: configuration.seed
        )

        let step = try Preprocessors.fit(
            configuration,
            rows: split[.features].map { rows.selectingRows($0) },
            rowShape: rows.rowShape,
            model: model,
            progress: progress
        )
        var parts: [SplitPart: Tensor<Float>] = [:]
        for part in factory.parts {
            guard let indices = split[part] else { continue }
            parts[part] = try step.preprocessor.features(of: rows.selectingRows(indices))
        }
        var contents = try factory.fit(
            FittingMaterial(configuration: configuration, parts: parts, model: model, progress: progress)
        )
        contents.merge(step.contents)

        let artefact = try Artefact(
            contents,
            configuration: configuration,
            manifest: Manifest(
                files: [:],
                split: split.mapValues(\.count),
                seed: configuration.seed,
                promiseHolds: configuration.split != .none || needed.count == 1,
                modelVersion: configuration.preprocess.derivesFromModel || factory.requiresModel
                    ? model?.model.knownVersion : nil,
                rowShape: rows.rowShape,
                featureShape: parts.values.first?.rowShape ?? rows.rowShape
            )
        )
        let monitor = try catalog.load(artefact, model: model)
        try FiringCheck.requireReachableAlarm(monitor)
        try artefact.write(to: output)
        let check = ReferenceCheck(rows, parts: split, features: parts[.reference])
        return Report(monitor: monitor, notes: notes(monitor) + check.notes)
    }

    private static func requireOneLabelPerRow(_ labels: [Int]?, _ rows: Tensor<Float>) throws(MethodError) {
        guard let labels, labels.count != rows.rows else { return }
        throw MethodError(
            .labelsRequired,
            "there are \(labels.count) labels for \(rows.rows) rows",
            remedy: "Give one label for each reference row"
        )
    }

    private static func notes(_ monitor: FittedMonitor) -> [String] {
        var notes: [String] = []
        if !monitor.manifest.promiseHolds {
            notes.append("split = \"none\" uses rows twice: the false-alarm promise does not hold")
        }
        if let version = monitor.manifest.modelVersion {
            notes.append("the reference belongs to version \(version) of the model")
        }
        return notes
    }
}
