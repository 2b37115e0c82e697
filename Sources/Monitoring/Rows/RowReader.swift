package import Methods
package import OpenInference
package import Prediction
package import Tensors

/// Turns the tensors of a payload into the rows that a monitor was fitted on: floats, one row after the other.
///
/// With a schema the columns are read in its order: a column is a tensor, or a stretch of one; byte strings and integers
/// of a category become its code, and one that the schema does not list becomes the code after the last, so that it is a
/// cell of its own. Several tensors stand beside each other along the features. Without a schema every tensor that the
/// monitor reads has to hold numbers. Where payload and monitor have one tensor each, their names need not agree: half of
/// the dialects have no names.
package struct RowReader: Sendable {
    /// The columns of the model, where they are described.
    package let schema: ModelSchema?
    /// The columns that are read; nil without a schema.
    private let columns: [ColumnDescription]?
    /// Without a schema: the only tensor that is read; nil reads all.
    private let tensorName: String?
    /// Without a schema: what the columns of the reference were called, by which tensors of one value a row are found.
    private var fittedColumns: [String]?
    /// The shape of one row as the monitor was fitted on it; nil where any will do.
    private let rowShape: [Int]?

    /// A reader for a monitor.
    ///
    /// - Parameters:
    ///   - selection: What the monitor reads.
    ///   - fitted: What it was fitted on.
    ///   - outputWidth: For a monitor of outputs, the features per row of its reference, where known.
    /// - Throws: `.invalidConfiguration` when a column or a tensor is named that the schema does not have.
    package init(
        selection: MonitorSelection,
        fitted: FittedMonitor,
        schema: ModelSchema?,
        outputWidth: Int?
    ) throws(MonitoringError) {
        guard selection.event != .outcome else {
            try self.init(
                model: selection.model,
                schema: schema,
                side: OutcomeColumns.columns(of: schema),
                tensor: nil,
                columns: selection.columns ?? OutcomeColumns.standard,
                rowShape: fitted.manifest.rowShape
            )
            return
        }
        let readsInputs = fitted.rowSource == .inputs
        try self.init(
            model: selection.model,
            schema: schema,
            side: schema.map { readsInputs ? $0.inputs : $0.outputs },
            tensor: readsInputs ? selection.input : selection.output,
            columns: selection.event == .outcome ? nil : selection.columns,
            context: selection.context,
            rowShape: readsInputs ? fitted.manifest.givenRowShape : outputWidth.map { [$0] }
        )
        if readsInputs, columns == nil { fittedColumns = fitted.manifest.columns }
    }

    /// A reader for the inputs of a model, as whoever asks the model gives them.
    package init(inputsOf description: ModelDescription, tensor: String?) throws(MonitoringError) {
        let size = description.inputs.reduce(0) { $0 + $1.elementCount }
        try self.init(
            model: description.name,
            schema: ModelSchema(inputs: description.inputs, outputs: description.outputs),
            side: description.inputs,
            tensor: tensor,
            columns: nil,
            rowShape: description.inputs.count == 1 ? description.inputs.first?.shape : [size]
        )
    }

    private init(
        model: String,
        schema: ModelSchema?,
        side: [ColumnDescription]?,
        tensor: String?,
        columns names: [String]?,
        context: [String]? = nil,
        rowShape: [Int]?
    ) throws(MonitoringError) {
        self.schema = schema
        self.rowShape = rowShape
        tensorName = tensor
        guard let side else {
            guard names == nil, context == nil else {
                throw MonitoringError(
                    code: .invalidConfiguration,
                    message: "[monitor] names columns, and the model \(model) has no schema",
                    remedy: "Give the model a schema.toml, and its place in models.toml"
                )
            }
            columns = nil
            return
        }
        guard let context else {
            columns = try Self.choose(names, tensor: tensor, from: side, model: model)
            return
        }
        // A context stands behind the features, in the order in which it is named, and is none of them.
        let features = try Self.choose(names, tensor: tensor, from: side, model: model) ?? []
        var contexts: [ColumnDescription] = []
        for name in context { contexts += try Self.choose([name], tensor: nil, from: side, model: model) ?? [] }
        columns = features.filter { !context.contains($0.name) } + contexts
    }

    private static func choose(
        _ names: [String]?,
        tensor: String?,
        from side: [ColumnDescription],
        model: String
    ) throws(MonitoringError) -> [ColumnDescription]? {
        guard !side.isEmpty else { return nil }  // a schema may leave the outputs undescribed
        for name in names ?? [] where !side.contains(where: { $0.name == name }) {
            throw unknown("the column \(name)", of: model, known: side.map(\.name))
        }
        let chosen = side.filter { column in
            (tensor == nil || column.tensor == tensor || column.name == tensor) && names?.contains(column.name) ?? true
        }
        guard !chosen.isEmpty else {
            throw unknown("the tensor \(tensor ?? "")", of: model, known: Array(Set(side.map(\.tensor))).sorted())
        }
        return chosen
    }

    private static func unknown(_ what: String, of model: String, known: [String]) -> MonitoringError {
        MonitoringError(
            code: .invalidConfiguration,
            message: "[monitor] names \(what), which the schema of \(model) does not have",
            remedy: "It has \(known.joined(separator: ", "))"
        )
    }

    /// The names of the features in their order, where a schema gives them: the column's, or that of the class or the
    /// place for a column of several values.
    package var featureNames: [String] {
        guard let columns else { return fittedColumns ?? [] }
        return columns.flatMap { column in
            if column.elementCount == 1 { return [column.name] }
            return (0..<column.elementCount).map { place in
                "\(column.name)[\(column.classes.indices.contains(place) ? column.classes[place] : "\(place)")]"
            }
        }
    }

    /// Returns the rows of a payload's tensors, shape `[n, …]` as the monitor was fitted.
    ///
    /// - Complexity: O(elements read); numbers of type FP32 that are read whole are not copied.
    package func rows(of tensors: [NamedTensor]) throws(Exclusion) -> Tensor<Float> {
        let parts: [Tensor<Float>]
        if let columns {
            parts = try Self.read(columns, from: tensors)
        } else {
            parts = try Self.read(tensorName, from: ordered(tensors))
        }
        return try shaped(Self.beside(parts))
    }

    private func shaped(_ rows: Tensor<Float>) throws(Exclusion) -> Tensor<Float> {
        guard let rowShape else { return rows }
        guard rows.elementsPerRow == rowShape.reduce(1, *) || rows.rows == 0 else {
            throw Exclusion(.wrongShape, rows: rows.rows)
        }
        return rows.withShape([rows.rows] + rowShape)
    }

    // MARK: With a schema

    private static func read(_ columns: [ColumnDescription], from tensors: [NamedTensor]) throws(Exclusion) -> [Tensor<
        Float
    >] {
        let isOnlyTensor = tensors.count == 1 && Set(columns.map(\.tensor)).count == 1
        var parts: [Tensor<Float>] = []
        for column in columns {
            var column = column
            var tensor = isOnlyTensor ? tensors.first : tensors.first { $0.name == column.tensor }
            if tensor == nil, let own = tensors.first(where: { $0.name == column.name }) {
                // Data frames and JSON paths give each column a tensor of its own.
                tensor = own
                column.index = 0
            }
            guard let tensor else { throw Exclusion(.missingTensor, rows: tensors.first?.tensor.rows ?? 1) }
            let slice = ColumnSlice(column: column, tensor: tensor.tensor)
            parts.append(try slice.values())
        }
        return parts
    }

    // MARK: Without one

    /// Columns that came as tensors of their own, in the order of the reference: clients write data frames in any.
    private func ordered(_ tensors: [NamedTensor]) -> [NamedTensor] {
        guard let fittedColumns, fittedColumns.count > 1, tensors.count == fittedColumns.count else { return tensors }
        let found = fittedColumns.compactMap { name in tensors.first { $0.name == name } }
        return found.count == tensors.count ? found : tensors
    }

    private static func read(_ name: String?, from tensors: [NamedTensor]) throws(Exclusion) -> [Tensor<Float>] {
        guard !tensors.isEmpty else { throw Exclusion(.missingTensor) }
        let chosen = tensors.count == 1 ? tensors : tensors.filter { name == nil || $0.name == name }
        guard !chosen.isEmpty else { throw Exclusion(.missingTensor, rows: tensors.first?.tensor.rows ?? 1) }
        var parts: [Tensor<Float>] = []
        for entry in chosen {
            do { parts.append(try entry.tensor.converted(to: Float.self)) } catch {
                throw Exclusion(.wrongType, rows: entry.tensor.rows)
            }
        }
        return parts
    }

    /// Puts the rows of several tensors beside each other.
    private static func beside(_ parts: [Tensor<Float>]) throws(Exclusion) -> Tensor<Float> {
        guard parts.count != 1, let first = parts.first else { return parts[0] }
        for part in parts where part.rows != first.rows { throw Exclusion(.wrongShape, rows: first.rows) }
        let width = parts.reduce(0) { $0 + $1.elementsPerRow }
        return Tensor(shape: [first.rows, width]) { target in
            var offset = 0
            for part in parts {
                let partWidth = part.elementsPerRow
                part.withUnsafeBufferPointer { source in
                    for row in 0..<first.rows {
                        for column in 0..<partWidth {
                            target.initializeElement(
                                at: row * width + offset + column,
                                to: source[row * partWidth + column]
                            )
                        }
                    }
                }
                offset += partWidth
            }
        }
    }
}
