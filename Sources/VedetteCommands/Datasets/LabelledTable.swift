import Prediction
import Tensors

/// A table whose last column is the label.
struct LabelledTable {
    /// Shape `[rows, columns − 1]`, finite but for what a model's schema lets miss.
    let features: Tensor<Float>
    /// What the columns of ``features`` are called.
    let columns: [String]
    /// An index into ``classes``, one a row.
    let labels: [Int]
    /// The distinct labels in their order, of numbers or of texts.
    let classes: [String]

    /// - Parameters:
    ///   - name: What errors call the file.
    ///   - model: Whose columns they are, by their names, and whose classes; nil takes both from the file.
    /// - Throws: `TensorError` for columns that the model does not know or misses. `CommandError` naming the row (counted from 1 below the header) and the column: a text or nothing in a
    ///   column of numbers, a row without a label, a table without features, rows or a second class.
    init(_ table: TensorTable, name: String, of model: ModelDescription? = nil) throws {
        guard let last = table.columns.last, table.columns.count > 1, table.rows > 0 else {
            throw CommandError.badInput(
                "\(name) has no feature columns or no rows",
                remedy: "Give features first and the label last"
            )
        }
        let given = try table.separating(last.name).rest
        let known = try model.map { try SchemaColumns($0.inputs).coded(given) } ?? given
        let categories = Set((model?.inputs ?? []).filter { $0.kind == .category }.map(\.name))
        for column in known.columns where !categories.contains(column.name) {
            try Self.requireNumbers(column, name: name)
        }
        features = try known.tensor()
        columns = known.names
        let spelled: [String]
        let found: [String]
        switch last.values {
        case .texts(let texts):
            spelled = texts
            found = Set(texts).sorted()
        case .numbers(let numbers):
            func spelling(_ number: Double) -> String {
                number.isNaN ? "" : Int(exactly: number).map(String.init) ?? "\(number)"
            }
            spelled = numbers.map(spelling)
            found = Set(numbers.filter { !$0.isNaN }).sorted().map(spelling)
        }
        if let row = spelled.firstIndex(of: "") {
            throw CommandError.badInput(
                "\(name), row \(row + 1): there is no label",
                remedy: "Remove the row, or fill in \(last.name)"
            )
        }
        // A file of few rows may lack a class of the model's, and must not number the others anew.
        let names = model.flatMap { $0.classes.isEmpty ? nil : $0.classes } ?? found
        classes = names
        if let strange = spelled.firstIndex(where: { !names.contains($0) }) {
            throw CommandError.badInput(
                "\(name), row \(strange + 1): \(last.name) is “\(spelled[strange].prefix(64))”, which is no class of the model",
                remedy:
                    "The model's classes are \(classes.prefix(20).joined(separator: ", ")), as its schema names them"
            )
        }
        guard classes.count > 1 else {
            throw CommandError.badInput(
                "\(name): every \(last.name) is \(classes.first ?? "")",
                remedy: "Give rows of at least two classes, the label in the last column"
            )
        }
        let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        labels = spelled.compactMap { index[$0] }
    }

    private static func requireNumbers(_ column: TensorTable.Column, name: String) throws {
        let place: (row: Int, value: String)?
        switch column.values {
        case .numbers(let numbers):
            place = numbers.firstIndex { !$0.isFinite }.map { ($0, numbers[$0].isNaN ? "missing" : "\(numbers[$0])") }
        case .texts(let texts):
            place = texts.firstIndex { Double($0) == nil }.map {
                ($0, texts[$0].isEmpty ? "missing" : "“\(texts[$0])”")
            }
        }
        guard let place else { return }
        throw CommandError.badInput(
            "\(name), row \(place.row + 1): \(column.name) is \(place.value)",
            remedy: "Give finite numbers in every column but the last, which is the label"
        )
    }
}

extension Dataset {
    /// A table with a header row, whose last column is the label.
    ///
    /// - Parameter model: Whose columns and classes they are; nil takes both from the file.
    static func table(_ file: String, of model: ModelDescription?) throws -> Dataset {
        let table = try LabelledTable(CSV.read(path: file), name: file, of: model)
        let rows = LabelledRows(rows: table.features, labels: table.labels, columns: table.columns)
        return Dataset(training: Part(rows: rows, source: file), test: nil, classes: table.classes, scale: nil)
    }
}
