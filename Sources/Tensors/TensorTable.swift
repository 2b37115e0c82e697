/// Named columns of numbers and texts, all of one length: what a CSV file holds.
public struct TensorTable: Sendable, Equatable {
    /// One column.
    public struct Column: Sendable, Equatable {
        /// Its name, from the header.
        public var name: String
        /// Its values, one per row.
        public var values: Values

        /// Makes a column.
        public init(name: String, values: Values) {
            self.name = name
            self.values = values
        }
    }

    /// The values of a column.
    public enum Values: Sendable, Equatable {
        /// Numbers; a missing one is NaN.
        case numbers([Double])
        /// Texts; a missing one is empty.
        case texts([String])

        /// How many there are.
        public var count: Int {
            switch self {
            case .numbers(let numbers): numbers.count
            case .texts(let texts): texts.count
            }
        }
    }

    /// The columns, in the order of the file.
    public let columns: [Column]

    /// A table of these columns.
    ///
    /// - Throws: `.shapeMismatch` when they differ in length or two have one name.
    public init(columns: [Column]) throws(TensorError) {
        var names: Set<String> = []
        for column in columns {
            guard column.values.count == columns[0].values.count else {
                throw TensorError(
                    .shapeMismatch,
                    "column \(column.name) has \(column.values.count) values and \(columns[0].name) "
                        + "\(columns[0].values.count)",
                    remedy: "Give columns of one length"
                )
            }
            guard names.insert(column.name).inserted else {
                throw TensorError(.shapeMismatch, "two columns are named \(column.name)", remedy: "Rename one of them")
            }
        }
        self.columns = columns
    }

    /// The number of rows.
    public var rows: Int { columns.first?.values.count ?? 0 }

    /// The names of the columns, in order.
    public var names: [String] { columns.map(\.name) }

    /// The column of a name.
    public subscript(name: String) -> Column? { columns.first { $0.name == name } }

    /// The table without a column, and that column: features and labels.
    ///
    /// - Throws: `.shapeMismatch` when there is no such column.
    public func separating(_ name: String) throws(TensorError) -> (rest: TensorTable, column: Column) {
        guard let column = self[name] else { throw missing(name) }
        return (try TensorTable(columns: columns.filter { $0.name != name }), column)
    }

    /// Columns of numbers side by side.
    ///
    /// - Parameter names: Which, in which order; all when `nil`.
    /// - Returns: Shape `[rows, columns]`.
    /// - Throws: `.shapeMismatch` when a column is missing; `.valueNotRepresentable` when one holds texts.
    public func tensor(columns names: [String]? = nil) throws(TensorError) -> Tensor<Float> {
        var chosen: [[Double]] = []
        for name in names ?? self.names {
            guard let column = self[name] else { throw missing(name) }
            guard case .numbers(let numbers) = column.values else {
                throw TensorError(
                    .valueNotRepresentable,
                    "column \(name) holds texts",
                    remedy: "Map it to numbers through the categories of the model's schema, or leave it out"
                )
            }
            chosen.append(numbers)
        }
        return Tensor(shape: [rows, chosen.count]) { target in
            for (index, numbers) in chosen.enumerated() {
                for (row, number) in numbers.enumerated() {
                    target.initializeElement(at: row * chosen.count + index, to: Float(number))
                }
            }
        }
    }

    private func missing(_ name: String) -> TensorError {
        TensorError(
            .shapeMismatch,
            "there is no column \(name)",
            remedy: "The columns are \(names.joined(separator: ", "))"
        )
    }
}
