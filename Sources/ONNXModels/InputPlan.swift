import Prediction
import Tensors

/// How the rows of a batch become one input of a graph.
struct InputPlan: Sendable {
    private let layout: TensorLayout

    /// Compares an input with the columns that the schema puts into it.
    ///
    /// - Throws: `.invalidDescription` with what the schema and the graph say.
    init(_ port: GraphSession.Port, columns: [TensorLayout.Placed], path: String) throws(PredictionError) {
        guard port.type != nil else { throw GraphSchema.noTensor(port, path) }
        guard let element = port.element else { throw GraphSchema.unsupported(port, path) }
        let width = columns.map { $0.column.index + $0.column.elementCount }.max() ?? 0
        let described = columns.count == 1 ? columns[0].column.shape : nil
        guard let rowShape = Self.rowShape(of: port, width: width, described: described) else {
            throw PredictionError(
                .invalidDescription,
                "\(path): the input \(port.name) is \(port.text), and the schema has rows of \(described ?? [width])",
                remedy: "Let schema.toml describe the inputs as the graph takes them"
            )
        }
        do throws(PredictionError) {
            layout = try TensorLayout(port.name, datatype: element.datatype, rowShape: rowShape, columns: columns)
        } catch {
            var error = error
            error.message = "\(path): \(error.message)"
            throw error
        }
    }

    /// The sizes of one row: the graph's, free ones by the schema; nil where they do not agree.
    private static func rowShape(of port: GraphSession.Port, width: Int, described: [Int]?) -> [Int]? {
        guard !port.shape.isEmpty else { return described ?? [width] }
        var row = Array(port.shape.dropFirst())
        if let described, described.count == row.count, zip(row, described).allSatisfy({ $0 < 0 || $0 == $1 }) {
            return described
        }
        let free = row.indices.filter { row[$0] < 0 }
        let known = row.filter { $0 >= 0 }.reduce(1, *)
        guard free.count <= 1, known > 0, width % known == 0 else { return nil }
        for index in free { row[index] = width / known }
        return row.reduce(1, *) == width ? row : nil
    }

    /// The input for some rows.
    ///
    /// - Throws: `.invalidValue` for a value that the input cannot hold.
    func tensor(_ batch: Tensor<Float>) throws(PredictionError) -> AnyTensor { try layout.tensor(of: batch) }
}
