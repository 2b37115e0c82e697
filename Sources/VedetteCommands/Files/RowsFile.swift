import Foundation
package import Prediction
package import Tensors

/// A file of rows: `.npy`, `.npz` with one array, or `.csv` with a header.
package enum RowsFile {
    /// Reads the rows of a model.
    ///
    /// The columns of a `.csv` are found by their names in the model's schema, in any order, and the values of
    /// categories become their codes; where the file has other names, its columns are taken as they stand.
    ///
    /// - Parameters:
    ///   - model: What the rows are for; nil takes numbers as they are.
    ///   - names: Those of its inputs that are wanted; nil for all.
    ///   - rowShape: The shape of one row, where it is not for the model to say.
    /// - Returns: Shape `[n, …]`.
    /// - Throws: `CommandError` that names the file: it cannot be read, lacks a column or has one too many, or holds
    ///   rows of another size.
    package static func read(
        _ path: String,
        of model: ModelDescription?,
        columns names: [String]? = nil,
        rowShape: [Int]? = nil
    ) throws -> Tensor<Float> {
        guard let model else { return try read(path, rowShape: rowShape) }
        let inputs = names.map { names in model.inputs.filter { names.contains($0.name) } } ?? model.inputs
        let only = inputs.count == 1 && !inputs[0].shape.isEmpty ? inputs[0].shape : nil
        let shape = rowShape ?? only ?? [inputs.reduce(0) { $0 + $1.elementCount }]
        guard URL(fileURLWithPath: path).pathExtension == "csv" else { return try read(path, rowShape: shape) }
        let coded = try explain(path) { try SchemaColumns(inputs).coded(CSV.read(path: path)).tensor() }
        return try rows(coded, path, rowShape: shape)
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
    /// - Throws: `CommandError` when the file cannot be written, or the path ends otherwise.
    package static func write(_ rows: Tensor<Float>, to path: String) throws {
        try explain(path) {
            if path.hasSuffix(".csv") {
                let width = rows.elementsPerRow
                let columns = (0..<width).map { column in
                    TensorTable.Column(
                        name: "x\(column)",
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
            throw CommandError(
                message: "\(path): \(error.message)",
                remedy: error.remedy,
                exitCode: error.code == .fileFailed ? 69 : 78
            )
        }
    }
}
