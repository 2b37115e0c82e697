import Prediction
import Tensors

/// How the tensors of a request become the rows of a model: which tensors there are, and which of their elements are the
/// features, in the order of the schema.
struct InputPlan: Sendable {
    /// A run of elements of one tensor's rows.
    private struct Part {
        var tensor: Int
        var start: Int
        var count: Int
    }

    /// The tensors that a request has.
    let wires: [ModelRows.Wire]
    private let parts: [Part]

    /// By the tensors of the schema, each with one column or several.
    init(wires: [ModelRows.Wire], columns: [ColumnDescription]) {
        self.wires = wires
        parts = columns.compactMap { column in
            wires.firstIndex { $0.name == column.tensor }.map {
                Part(tensor: $0, start: column.index, count: column.elementCount)
            }
        }
    }

    /// By the columns' own names, each a tensor.
    init(byColumn columns: [ColumnDescription]) {
        self.init(
            wires: columns.map { column in
                var column = column
                column.index = 0
                return ModelRows.Wire(name: column.name, columns: [column])
            },
            columns: columns.map { column in
                var column = column
                (column.tensor, column.index) = (column.name, 0)
                return column
            }
        )
    }

    /// By one tensor without a name, the columns side by side.
    init(asOne columns: [ColumnDescription]) {
        var width = 0
        var columns = columns
        for index in columns.indices {
            (columns[index].tensor, columns[index].index) = ("", width)
            width += columns[index].elementCount
        }
        self.init(wires: [ModelRows.Wire(name: "", columns: columns)], columns: columns)
    }

    /// Whether the one tensor is the rows as it is.
    var isWhole: Bool { wires.count == 1 && wires[0].columns.count == 1 && wires[0].columns[0].index == 0 }

    /// The features of each row side by side, shape `[n, features]`.
    ///
    /// - Throws: ``ServiceError`` 400 where the tensors have different numbers of rows.
    func gathered(_ tensors: [Tensor<Float>]) throws -> Tensor<Float> {
        let counts = Set(tensors.map(\.rows))
        guard let rows = counts.first, counts.count == 1 else {
            throw InferenceFailure.badInput(
                "the inputs have different numbers of rows: \(counts.sorted())",
                remedy: "Send the same number of rows in every input"
            )
        }
        let width = parts.reduce(0) { $0 + $1.count }
        var elements: [Float] = []
        elements.reserveCapacity(rows * width)
        for row in 0..<rows {
            for part in parts {
                let start = row * wires[part.tensor].width + part.start
                for index in start..<start + part.count { elements.append(tensors[part.tensor][index]) }
            }
        }
        return try Tensor(shape: [rows, width], elements: elements)
    }
}
