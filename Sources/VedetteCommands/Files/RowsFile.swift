import Foundation
package import Prediction
package import Tensors

/// Rows of a file, shape `[n, …]`, and what their columns are called where somebody says it.
package struct NamedRows: Sendable {
    package var rows: Tensor<Float>
    /// One name for each value of a row.
    package var columns: [String]?

    package init(_ rows: Tensor<Float>, columns: [String]? = nil) {
        self.rows = rows
        self.columns = columns.flatMap { rows.rowShape == [$0.count] ? $0 : nil }
    }
}

/// A file of rows: `.npy`, `.npz` with one array, or `.csv` with a header.
package enum RowsFile {
    /// Reads the rows of a model, or of whatever was fitted on such rows.
    ///
    /// The columns of a `.csv` are found by their names in the model's schema, or else by those of the rows that something
    /// was fitted on, in any order, and the values of categories become their codes; where the file has none of these
    /// names, its columns are taken as they stand.
    ///
    /// - Parameters:
    ///   - model: What the rows are for; nil takes numbers as they are.
    ///   - names: Those of its inputs that are wanted; nil for all.
    ///   - fitted: The columns of the rows that something was fitted on, in their order; nil where nobody knows.
    ///   - rowShape: The shape of one row, where it is not for the model to say.
    /// - Throws: `CommandError` that names the file: it cannot be read, lacks a column or has one too many, or holds
    ///   rows of another size.
    package static func read(
        _ path: String,
        of model: ModelDescription?,
        columns names: [String]? = nil,
        fittedOn fitted: [String]? = nil,
        rowShape: [Int]? = nil
    ) throws -> NamedRows {
        let isTable = URL(fileURLWithPath: path).pathExtension == "csv"
        let plain = fitted.map { fitted in fitted.map { ColumnDescription(name: $0) } }
        guard let model else {
            guard isTable else { return NamedRows(try read(path, rowShape: rowShape)) }
            let table = try explain(path) {
                let table = try CSV.read(path: path)
                return try plain.map { try SchemaColumns($0).coded(table) } ?? table
            }
            return NamedRows(
                try rows(explain(path) { try table.tensor() }, path, rowShape: rowShape),
                columns: table.names
            )
        }
        let inputs = names.map { names in model.inputs.filter { names.contains($0.name) } } ?? model.inputs
        let only = inputs.count == 1 && !inputs[0].shape.isEmpty ? inputs[0].shape : nil
        let shape = rowShape ?? only ?? [inputs.reduce(0) { $0 + $1.elementCount }]
        let named = inputs.allSatisfy { $0.elementCount == 1 } ? inputs.map(\.name) : nil
        guard isTable else { return NamedRows(try read(path, rowShape: shape), columns: named) }
        // A model whose one tensor has no columns with names may have been asked about rows that had some.
        let wanted = named == nil ? plain ?? inputs : inputs
        let table = try explain(path) { try SchemaColumns(wanted).coded(CSV.read(path: path)) }
        let values = try rows(explain(path) { try table.tensor() }, path, rowShape: shape)
        return NamedRows(values, columns: named ?? table.names)
    }

    /// Reads the rows as numbers.
    ///
    /// - Parameter rowShape: The shape of one row, where it is known: a flat row of as many values takes it.
    /// - Returns: Shape `[n, …]`.
    /// - Throws: `CommandError` that names the file: it cannot be read, holds no numbers, or rows of another size.
    package static func read(_ path: String, rowShape: [Int]? = nil) throws -> Tensor<Float> {
        try rows(numbers(path), path, rowShape: rowShape)
    }

    private static func rows(_ rows: Tensor<Float>, _ path: String, rowShape: [Int]?) throws -> Tensor<Float> {
        guard rows.shape.count >= 2 || (rows.shape.count == 1 && rowShape == nil) else {
            throw CommandError.badInput(
                "\(path) holds an array of shape \(rows.shape), not rows",
                remedy: "Give an array with one row per instance along its first axis"
            )
        }
        let flat = rows.shape.count == 1 ? try rows.reshaped([rows.rows, 1]) : rows
        guard let rowShape, Array(flat.shape.dropFirst()) != rowShape else { return flat }
        let size = rowShape.reduce(1, *)
        guard flat.elementsPerRow == size else {
            throw CommandError.badInput(
                "\(path) has \(flat.elementsPerRow) values a row, and \(size) are wanted, shape \(rowShape)",
                remedy: "Give the columns that the model's schema.toml lists, in its order"
            )
        }
        return try flat.reshaped([flat.rows] + rowShape)
    }

    /// Reads one whole number a row: classes, or labels.
    ///
    /// - Throws: `CommandError` when a value is no whole number, or a row has more than one.
    package static func readLabels(_ path: String) throws -> [Int] {
        try readValues(path).enumerated().map { row, value in
            guard let label = Int(exactly: value) else {
                throw CommandError.badInput(
                    "row \(row) of \(path) holds \(value), which is no class",
                    remedy: "Give class indices from 0 on"
                )
            }
            return label
        }
    }

    /// Reads one number a row.
    ///
    /// - Throws: `CommandError` when a row has more than one.
    package static func readValues(_ path: String) throws -> [Double] {
        let rows = try numbers(path)
        guard rows.count == rows.rows else {
            throw CommandError.badInput(
                "\(path) has \(rows.elementsPerRow) values a row",
                remedy: "Give a file with one column"
            )
        }
        return rows.elements.map(Double.init)
    }

    /// Writes rows as `.npy`, or as `.csv` for flat rows.
    ///
    /// - Parameter names: The header of a `.csv`; `x0`, `x1` and so on where there are none.
    /// - Throws: `CommandError` when the file cannot be written, or the path ends otherwise.
    package static func write(_ rows: Tensor<Float>, columns names: [String]? = nil, to path: String) throws {
        try explain(path) {
            if path.hasSuffix(".csv") {
                let width = rows.elementsPerRow
                let columns = (0..<width).map { column in
                    TensorTable.Column(
                        name: names?[column] ?? "x\(column)",
                        values: .numbers((0..<rows.rows).map { Double(rows[$0 * width + column]) })
                    )
                }
                try CSV.write(TensorTable(columns: columns), to: path)
            } else if path.hasSuffix(".npy") {
                try NPY.write(rows, to: path)
            } else {
                throw CommandError.usage(
                    "\(path) is of no known kind",
                    remedy: "Name a file that ends with .npy or .csv"
                )
            }
        }
    }

    private static func numbers(_ path: String) throws -> Tensor<Float> {
        try explain(path) {
            switch URL(fileURLWithPath: path).pathExtension {
            case "npy":
                return try NPY.read(path: path).converted(to: Float.self)
            case "npz":
                let arrays = try NPZ.read(path: path)
                guard let only = arrays.first, arrays.count == 1 else {
                    throw CommandError.badInput(
                        "\(path) holds \(arrays.count) arrays: \(arrays.keys.sorted().joined(separator: ", "))",
                        remedy: "Give a file with one array"
                    )
                }
                return try only.value.converted(to: Float.self)
            case "csv":
                return try CSV.read(path: path).tensor()
            default:
                throw CommandError.usage("\(path) is of no known kind", remedy: "Give a .npy, .npz or .csv file")
            }
        }
    }

    /// Adds the path to an error that does not know it.
    private static func explain<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TensorError {
            throw CommandError(error, about: path, path: path)
        }
    }
}
