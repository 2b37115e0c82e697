/// Rows of text in aligned columns, for people.
package struct TextTable {
    private var rows: [[String]]

    /// - Parameter header: The columns' titles; every row has as many cells.
    package init(header: [String]) {
        rows = [header]
    }

    package mutating func append(_ cells: [String]) {
        precondition(cells.count == rows[0].count, "a row has as many cells as the header")
        rows.append(cells)
    }

    /// The table with a rule under its header, without a final line break.
    package var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        var lines = rows.map(line)
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
        return lines.joined(separator: "\n")
    }
}
