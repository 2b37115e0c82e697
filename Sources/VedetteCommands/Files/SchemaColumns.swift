import Prediction
import Tensors

/// The columns of a table, found and read as a model's schema says.
struct SchemaColumns {
    private let inputs: [ColumnDescription]

    init(_ inputs: [ColumnDescription]) {
        self.inputs = inputs
    }

    /// The columns of a file in the order of the schema, with codes for the values of categories.
    ///
    /// A file with none of the schema's names has other ones for the same columns: it is taken as it stands.
    ///
    /// - Throws: `.shapeMismatch` for a column that is missing, or that the schema does not know.
    func coded(_ table: TensorTable) throws(TensorError) -> TensorTable {
        let isByName = inputs.allSatisfy { $0.elementCount == 1 } && inputs.contains { table[$0.name] != nil }
        guard isByName else {
            guard inputs.count == table.columns.count else { return table }
            return try TensorTable(columns: zip(inputs, table.columns).map { Self.coded($1, as: $0) })
        }
        let known = Set(inputs.map(\.name))
        let missing = inputs.map(\.name).filter { table[$0] == nil }
        let strange = table.names.filter { !known.contains($0) }
        guard missing.isEmpty, strange.isEmpty else {
            let problems = [
                missing.isEmpty ? nil : "the columns \(missing.joined(separator: ", ")) are missing",
                strange.isEmpty ? nil : "the schema has no columns \(strange.joined(separator: ", "))",
            ]
            throw TensorError(
                .shapeMismatch,
                problems.compactMap { $0 }.joined(separator: ", and "),
                remedy: "Give the columns \(inputs.map(\.name).joined(separator: ", ")), in any order"
            )
        }
        return try TensorTable(
            columns: inputs.compactMap { input in table[input.name].map { Self.coded($0, as: input) } }
        )
    }

    private static func coded(_ column: TensorTable.Column, as input: ColumnDescription) -> TensorTable.Column {
        guard input.kind == .category else { return column }
        let codes = CategoryCodes(input)
        let values: [Double] =
            switch column.values {
            case .numbers(let numbers): numbers.map { Double(codes.code(of: $0)) }
            case .texts(let texts): texts.map { $0.isEmpty ? .nan : Double(codes.code(of: $0)) }
            }
        return TensorTable.Column(name: column.name, values: .numbers(values))
    }
}
