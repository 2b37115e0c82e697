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
    ///   - columns: What the values of a row are called, for whoever brings rows later; nil where nobody says.
    ///   - context: The context of each row, shape `[n, …]`, for methods that take one.
    ///   - labels: One class a row: with them a monitor of a model's class probabilities tells label shift.
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
        columns: [String]? = nil,
        context: Tensor<Float>? = nil,
        labels: [Int]? = nil,
        model: (any Predictor)? = nil,
        modelTrainingRows: Tensor<Float>? = nil,
        output: String,
        progress: @escaping FittingProgress = { _, _ in }
    ) throws -> Report {
        if let modelTrainingRows { try TrainingRows(modelTrainingRows).requireNone(in: rows) }
        try requireOneLabelPerRow(labels, rows)
        let factory = try catalog.factory(named: configuration.method)
        let context = try checked(context, rows, takesContext: factory.takesContext, configuration)
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
            seed: configuration.seed,
            inStretches: configuration.takesOrder
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
            var features = try step.preprocessor.features(of: rows.selectingRows(indices))
            if let context {
                features = try features.withShape([features.rows, features.elementsPerRow])
                    .beside(context.selectingRows(indices))
            }
            parts[part] = features
        }
        let contextWidth = context?.elementsPerRow ?? 0
        var contents = try factory.fit(
            FittingMaterial(
                configuration: configuration,
                parts: parts,
                contextWidth: contextWidth,
                model: model,
                progress: progress
            )
        )
        contents.merge(step.contents)
        var labelNotes: [String] = []
        if let labels, let indices = split[.reference], let outputs = parts[.reference] {
            if configuration.preprocess.method == .modelOutput, outputs.shape.count == 2, outputs.elementsPerRow >= 2 {
                let own = indices.map { labels[$0] }
                contents.merge(try LabelShift.contents(outputs: outputs, labels: own, seed: configuration.seed))
            } else {
                labelNotes.append(
                    "labels serve to tell label shift, where a model's answers for each class are compared"
                )
            }
        }

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
                columns: columns.flatMap { rows.rowShape == [$0.count] ? $0 : nil },
                contextWidth: contextWidth,
                featureShape: parts.values.first?.rowShape ?? rows.rowShape
            )
        )
        let monitor = try catalog.load(artefact, model: model)
        try FiringCheck.requireReachableAlarm(monitor)
        try artefact.write(to: output)
        let check = ReferenceCheck(rows, parts: split, features: parts[.reference])
        return Report(monitor: monitor, notes: notes(monitor) + labelNotes + check.notes)
    }

    /// The contexts, one a row, where the method takes them; refused where it does not.
    private static func checked(
        _ context: Tensor<Float>?,
        _ rows: Tensor<Float>,
        takesContext: Bool,
        _ configuration: MonitorConfiguration
    ) throws(MethodError) -> Tensor<Float>? {
        guard takesContext else {
            guard context == nil else {
                throw MethodError(
                    .invalidConfiguration,
                    "\(configuration.method) takes no context",
                    remedy: "Leave the contexts out, or use ContextMMDDrift"
                )
            }
            return nil
        }
        guard let context, context.rows == rows.rows, context.elementsPerRow > 0 else {
            throw MethodError(
                .shapeMismatch,
                "there are \(context?.rows ?? 0) contexts for \(rows.rows) rows",
                remedy: "Give the context of each reference row, with --context"
            )
        }
        if let monitor = configuration.monitor {
            guard let names = monitor.context, names.count == context.elementsPerRow else {
                throw MethodError(
                    .invalidConfiguration,
                    "context in [monitor] names \(monitor.context?.count ?? 0) columns, and contexts have \(context.elementsPerRow) values",
                    remedy: "Name the columns of the model's inputs that are the context, in the order of the file"
                )
            }
        }
        return context.withShape([context.rows, context.elementsPerRow])
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
