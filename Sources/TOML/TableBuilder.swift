/// A table while its document is read, and what may still be added to it.
///
/// TOML lets a table be written in pieces, and forbids to write any piece twice. What decides is how the table came to
/// be: a header may open a table once; a dotted key reaches only into tables that dotted keys made; an inline table and
/// an array of values are complete when their bracket closes.
final class TableBuilder {
    /// How a table came to be.
    enum Origin {
        /// On the way to the table of a longer header: `a` in `[a.b]`. A header of its own may still come.
        case implied
        /// By its own header, `[a]` or `[[a]]`, or as the document itself.
        case header
        /// On the way to a dotted key: `a` in `a.b = 1`.
        case dotted
    }

    /// A key and where it stands.
    typealias Key = (name: String, position: TOMLPosition)

    private enum Content {
        case value(TOMLValue)
        case table(TableBuilder)
        case tables([TableBuilder])
    }

    private var origin: Origin
    /// Levels below the document.
    let depth: Int
    private let position: TOMLPosition
    private var keys: [Key] = []
    private var contents: [String: Content] = [:]

    init(_ origin: Origin, depth: Int, at position: TOMLPosition) {
        self.origin = origin
        self.depth = depth
        self.position = position
    }

    /// The table as it stands.
    var table: TOMLTable {
        TOMLTable(
            keys.compactMap { key in
                contents[key.name].map { TOMLTable.Entry(key: key.name, position: key.position, value: Self.value($0)) }
            }
        )
    }

    /// The table that `[path]` opens.
    func open(_ path: [Key]) throws(TOMLError) -> TableBuilder {
        let (parent, key) = try parent(of: path, throughHeaders: true)
        switch parent.contents[key.name] {
        case nil: return try parent.add(.header, key)
        case .table(let table) where table.origin == .implied:
            table.origin = .header
            return table
        default: throw parent.twice(path)
        }
    }

    /// The table that `[[path]]` adds to a list.
    func append(_ path: [Key]) throws(TOMLError) -> TableBuilder {
        let (parent, key) = try parent(of: path, throughHeaders: true)
        // The list leaves the dictionary while it grows, so that it is not copied.
        switch parent.contents.removeValue(forKey: key.name) {
        case nil:
            let table = try parent.add(.header, key)
            parent.contents[key.name] = .tables([table])
            return table
        case .tables(var tables):
            let table = try parent.child(.header, key)
            tables.append(table)
            parent.contents[key.name] = .tables(tables)
            return table
        case let other?:
            parent.contents[key.name] = other
            throw parent.twice(path)
        }
    }

    /// Sets the value of a key, which may be dotted.
    func set(_ path: [Key], _ value: TOMLValue) throws(TOMLError) {
        let (parent, key) = try parent(of: path, throughHeaders: false)
        guard parent.contents[key.name] == nil else { throw parent.twice(path) }
        parent.keys.append(key)
        parent.contents[key.name] = .value(value)
    }

    /// Where the value of a key will be, counted in levels below the document.
    func depth(of path: [Key]) -> Int { depth + path.count }

    private func parent(of path: [Key], throughHeaders: Bool) throws(TOMLError) -> (TableBuilder, Key) {
        var table = self
        for (index, key) in path.dropLast().enumerated() {
            switch table.contents[key.name] {
            case nil: table = try table.add(throughHeaders ? .implied : .dotted, key)
            case .table(let next) where throughHeaders || next.origin == .dotted: table = next
            case .tables(let tables) where throughHeaders && !tables.isEmpty: table = tables[tables.count - 1]
            default: throw table.twice(Array(path[...index]))
            }
        }
        return (table, path[path.count - 1])
    }

    private func add(_ origin: Origin, _ key: Key) throws(TOMLError) -> TableBuilder {
        let table = try child(origin, key)
        keys.append(key)
        contents[key.name] = .table(table)
        return table
    }

    private func child(_ origin: Origin, _ key: Key) throws(TOMLError) -> TableBuilder {
        try TOMLTable.checkDepth(depth + 1, at: key.position)
        return TableBuilder(origin, depth: depth + 1, at: key.position)
    }

    /// A key whose content is complete, and which is written again as the last of the path.
    private func twice(_ path: [Key]) -> TOMLError {
        let key = path[path.count - 1]
        let first = keys.first { $0.name == key.name }?.position ?? position
        return TOMLError(
            .invalidSyntax,
            "\(path.map { TOMLText.key($0.name) }.joined(separator: ".")) is already there",
            remedy: "It is first written at \(first): keep one, or put all of it there",
            at: key.position
        )
    }

    private static func value(_ content: Content) -> TOMLValue {
        switch content {
        case .value(let value): value
        case .table(let table): TOMLValue(content: .table(table.table), position: table.position)
        case .tables(let tables):
            TOMLValue(
                content: .array(tables.map { TOMLValue(content: .table($0.table), position: $0.position) }),
                position: tables.first?.position ?? .start
            )
        }
    }
}

extension TOMLTable {
    /// - Throws: `.tooDeep` below the deepest level that is read.
    static func checkDepth(_ depth: Int, at position: TOMLPosition) throws(TOMLError) {
        guard depth > deepest else { return }
        throw TOMLError(
            .tooDeep,
            "tables and arrays are nested more than \(deepest) deep",
            remedy: "Nest them less",
            at: position
        )
    }
}
