/// Reads a document of TOML 1.0, <https://toml.io/en/v1.0.0>, in one pass.
///
/// Stricter than the specification in two points: a number beyond what 64 bits hold is an error and never an infinity,
/// and nesting is bounded.
struct TOMLParser {
    private var scanner: TOMLScanner

    init(_ text: String) { scanner = TOMLScanner(text) }

    /// Reads the whole text.
    mutating func document() throws(TOMLError) -> TOMLTable {
        let root = TableBuilder(.header, depth: 0, at: .start)
        var current = root
        try scanner.skipToContent()
        while scanner.current != nil {
            if scanner.current == UInt8(ascii: "[") {
                current = try header(root)
            } else {
                try keyValue(into: current)
            }
            try lineEnd()
            try scanner.skipToContent()
        }
        return root.table
    }

    /// `[a.b]` or `[[a.b]]`: the table that the next lines fill.
    private mutating func header(_ root: TableBuilder) throws(TOMLError) -> TableBuilder {
        scanner.advance()
        let isList = scanner.take("[")
        scanner.skipBlanks()
        let path = try keyPath()
        guard scanner.take("]"), !isList || scanner.take("]") else {
            let shown = scanner.shown
            throw scanner.error(
                "a header goes on with \(shown)",
                remedy: "Write [table] for a table, [[table]] for one of a list"
            )
        }
        return isList ? try root.append(path) : try root.open(path)
    }

    private mutating func keyValue(into table: TableBuilder) throws(TOMLError) {
        let path = try keyPath()
        guard scanner.take("=") else {
            let shown = scanner.shown
            throw scanner.error("a key is followed by \(shown)", remedy: "Write key = value, or [key] for a table")
        }
        scanner.skipBlanks()
        try table.set(path, try value(depth: table.depth(of: path)))
    }

    /// A key or a dotted key, and the blanks after it.
    private mutating func keyPath() throws(TOMLError) -> [TableBuilder.Key] {
        var path: [TableBuilder.Key] = []
        repeat {
            scanner.skipBlanks()
            let position = scanner.position()
            path.append((try key(), position))
            try TOMLTable.checkDepth(path.count, at: position)
            scanner.skipBlanks()
        } while scanner.take(".")
        return path
    }

    private mutating func key() throws(TOMLError) -> String {
        if scanner.isAtString {
            guard !scanner.isAtLongString else {
                throw scanner.error("a key is in three quotes", remedy: "Use one quote on each side")
            }
            return try scanner.string()
        }
        let start = scanner.offset
        while let byte = scanner.current, scanner.isBareKeyByte(byte) { scanner.advance() }
        guard scanner.offset > start else {
            let shown = scanner.shown
            throw scanner.error(
                "a key should stand before \(shown)",
                remedy: "A key is made of letters, digits, - and _, or is put in quotes"
            )
        }
        return String(decoding: scanner.bytes(from: start), as: UTF8.self)
    }

    private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
        let position = scanner.position()
        let content: TOMLValue.Content
        switch scanner.current {
        case UInt8(ascii: "["): content = .array(try array(depth: depth, at: position))
        case UInt8(ascii: "{"): content = .table(try inlineTable(depth: depth, at: position))
        case _ where scanner.isAtString: content = .text(try scanner.string())
        default: content = try scanner.scalar()
        }
        return TOMLValue(content: content, position: position)
    }

    /// `[1, 2]`, over as many lines as it likes, with a comma after the last value or not.
    private mutating func array(depth: Int, at position: TOMLPosition) throws(TOMLError) -> [TOMLValue] {
        try TOMLTable.checkDepth(depth, at: position)
        scanner.advance()
        var values: [TOMLValue] = []
        try scanner.skipToContent()
        while !scanner.take("]") {
            values.append(try value(depth: depth + 1))
            try scanner.skipToContent()
            guard scanner.take(",") || scanner.current == UInt8(ascii: "]") else {
                let shown = scanner.shown
                throw scanner.error(
                    "the array that begins at \(position) goes on with \(shown)",
                    remedy: "Put a comma between values, and ] at the end"
                )
            }
            try scanner.skipToContent()
        }
        return values
    }

    /// `{ a = 1, b = 2 }` on one line, without a comma after the last pair.
    private mutating func inlineTable(depth: Int, at position: TOMLPosition) throws(TOMLError) -> TOMLTable {
        try TOMLTable.checkDepth(depth, at: position)
        scanner.advance()
        let table = TableBuilder(.header, depth: depth, at: position)
        scanner.skipBlanks()
        if scanner.take("}") { return table.table }
        repeat {
            try keyValue(into: table)
            scanner.skipBlanks()
        } while scanner.take(",")
        guard scanner.take("}") else {
            let shown = scanner.shown
            throw scanner.error(
                "the inline table that begins at \(position) goes on with \(shown)",
                remedy: "Keep it on one line with a comma between pairs and } at the end, or use a [table]"
            )
        }
        return table.table
    }

    private mutating func lineEnd() throws(TOMLError) {
        scanner.skipBlanks()
        try scanner.skipComment()
        guard scanner.current == nil || scanner.takeLineEnd() else {
            let shown = scanner.shown
            throw scanner.error("\(shown) follows on the same line", remedy: "Put one key or header on a line")
        }
    }
}
