/// Comma-separated values with a header row, as RFC 4180 describes them.
///
/// A column is one of numbers when every cell of it is a number or missing: empty, or `nan` in any case. Otherwise it is
/// one of texts. Quotes group and do not change the kind, as in pandas and polars. Lines end with LF or CRLF; a byte
/// order mark is skipped; a row with more or fewer cells than the header is refused by its line.
public enum CSV {
    /// Reads a file.
    ///
    /// - Throws: `.fileFailed`; `.malformed` by file and line.
    public static func read(path: String) throws(TensorError) -> TensorTable {
        let file = try MappedFile(path: path)
        return try read(file.bytes, name: path)
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: `.malformed` by line.
    public static func read(bytes: [UInt8], name: String = "csv") throws(TensorError) -> TensorTable {
        try bytes.withUnsafeBufferPointer { buffer throws(TensorError) in
            try read(UnsafeRawBufferPointer(buffer), name: name)
        }
    }

    /// Writes a table to a file.
    ///
    /// - Throws: `.fileFailed`.
    public static func write(_ table: TensorTable, to path: String) throws(TensorError) {
        try ByteFile.write(bytes(of: table), to: path)
    }

    /// The table as the bytes of a file: numbers in the fewest digits that read back the same, NaN as an empty cell.
    public static func bytes(of table: TensorTable) -> [UInt8] {
        var lines = [table.names.map(quoted).joined(separator: ",")]
        for row in 0..<table.rows {
            let cells = table.columns.map { column in
                switch column.values {
                case .numbers(let numbers): numbers[row].isNaN ? "" : "\(numbers[row])"
                case .texts(let texts): quoted(texts[row])
                }
            }
            lines.append(cells.joined(separator: ","))
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, name: String) throws(TensorError) -> TensorTable {
        var reader = CSVReader(bytes, name: name)
        let names = try reader.row()
        guard let names, names != [""] else {
            throw TensorError(.malformed, "\(name): there is no header row", remedy: "Start with a row of column names")
        }
        var cells = [[String]](repeating: [], count: names.count)
        while true {
            let line = reader.line
            guard let row = try reader.row() else { break }
            if row == [""], names.count > 1 { continue }  // a blank line
            guard row.count == names.count else {
                throw TensorError(
                    .malformed,
                    "\(name), line \(line): \(row.count) cells where the header has \(names.count)",
                    remedy: "Give every row as many cells as there are columns; quote a text that holds a comma"
                )
            }
            for (index, cell) in row.enumerated() { cells[index].append(cell) }
        }
        do {
            return try TensorTable(columns: zip(names, cells).map { TensorTable.Column(name: $0, values: values($1)) })
        } catch {
            throw TensorError(.malformed, "\(name): \(error.message)", remedy: error.remedy)
        }
    }

    private static func values(_ cells: [String]) -> TensorTable.Values {
        var numbers: [Double] = []
        numbers.reserveCapacity(cells.count)
        for cell in cells {
            guard let value = number(cell) else { return .texts(cells) }
            numbers.append(value)
        }
        return .numbers(numbers)
    }

    /// A decimal number with or without spaces around it, and NaN for a missing one.
    ///
    /// Hexadecimal spellings are texts.
    private static func number(_ cell: String) -> Double? {
        let text = cell.utf8.first == 0x20 || cell.utf8.last == 0x20 ? trimmed(cell) : Substring(cell)
        if text.isEmpty { return .nan }
        guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
        return Double(text)
    }

    private static func trimmed(_ cell: String) -> Substring {
        var text = Substring(cell)
        while text.last == " " { text.removeLast() }
        return text.drop { $0 == " " }
    }
}
