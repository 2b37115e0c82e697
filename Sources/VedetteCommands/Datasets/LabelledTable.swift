import Tensors

/// A table whose last column is the label.
struct LabelledTable {
    /// Shape `[rows, columns − 1]`, finite.
    let features: Tensor<Float>
    /// An index into ``classes``, one a row.
    let labels: [Int]
    /// The distinct labels in their order, of numbers or of texts.
    let classes: [String]

    /// - Parameter name: What errors call the file.
    /// - Throws: `CommandError` naming the row (counted from 1 below the header) and the column: a text or nothing in a
    ///   column of numbers, a row without a label, a table without features, rows or a second class.
    init(_ table: TensorTable, name: String) throws {
        guard let last = table.columns.last, table.columns.count > 1, table.rows > 0 else {
            throw CommandError.badInput(
                "\(name) has no feature columns or no rows",
                remedy: "Give features first and the label last"
            )
        }
        for column in table.columns.dropLast() { try Self.requireNumbers(column, name: name) }
        features = try table.separating(last.name).rest.tensor()
        let spelled: [String]
        switch last.values {
        case .texts(let texts):
            spelled = texts
            classes = Set(texts).sorted()
        case .numbers(let numbers):
            func spelling(_ number: Double) -> String {
                number.isNaN ? "" : Int(exactly: number).map(String.init) ?? "\(number)"
            }
            spelled = numbers.map(spelling)
            classes = Set(numbers.filter { !$0.isNaN }).sorted().map(spelling)
        }
        if let row = spelled.firstIndex(of: "") {
            throw CommandError.badInput(
                "\(name), row \(row + 1): there is no label",
                remedy: "Remove the row, or fill in \(last.name)"
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
    static func table(_ file: String) throws -> Dataset {
        let table = try LabelledTable(CSV.read(path: file), name: file)
        let rows = LabelledRows(rows: table.features, labels: table.labels)
        return Dataset(training: Part(rows: rows, source: file), test: nil, classes: table.classes, scale: nil)
    }
}
