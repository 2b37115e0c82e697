/// The error type of a library that reads its files by ``TableReader``.
package protocol TOMLReadingFailure: Error {
    /// The library's own error for what is wrong with a file.
    init(_ error: TOMLError)
}

/// A table of a TOML file that is read strictly: every key must be known, every value be what may stand there.
///
/// The reader takes note of the keys that it is asked for; `finish()` after the last one refuses all others, in the
/// tables within it too. Errors name the key, its table, the value, its line and what may stand there.
///
/// ```swift
/// let file = try TableReader<MethodError>(parsing: text)
/// let name = try file.text("name")
/// if let monitor = try file.optionalTable("monitor") {
///     let namespace = try monitor.text("namespace", default: "default")
/// }
/// try file.finish()
/// ```
package final class TableReader<Failure: TOMLReadingFailure> {
    private let table: TOMLTable
    private let position: TOMLPosition
    private let file: String?
    /// The table's header without brackets, empty for the document: `monitor.window`.
    private let header: String
    private let absent: String?
    private var known: Set<String> = []
    private var children: [TableReader] = []

    /// Parses a document.
    ///
    /// - Parameters:
    ///   - file: The file's name for messages, where it has one.
    ///   - absent: A text that counts as if its key were not there.
    /// - Throws: An error with the line and column where the text stops being TOML.
    package convenience init(parsing text: String, file: String? = nil, absent: String? = nil) throws(Failure) {
        let table: TOMLTable
        do throws(TOMLError) {
            table = try TOMLTable(parsing: text)
        } catch {
            var error = error
            error.message = "\(file ?? "the text") is not TOML at \(error.position): \(error.message)"
            throw Failure(error)
        }
        self.init(table, at: .start, file: file, header: "", absent: absent)
    }

    private init(_ table: TOMLTable, at position: TOMLPosition, file: String?, header: String, absent: String?) {
        self.table = table
        self.position = position
        self.file = file
        self.header = header
        self.absent = absent
    }

    /// The keys that the file gives, in its order.
    package var keys: [String] { table.entries.map(\.key) }

    /// Takes note of a key, and returns what stands there.
    package func value(_ key: String) -> TOMLValue? {
        known.insert(key)
        guard let value = table[key] else { return nil }
        return absent != nil && value.text == absent ? nil : value
    }

    /// The value of a key, read by `convert`; nil where it is absent.
    ///
    /// - Throws: ``wrong(_:_:)`` with what is expected, where `convert` finds nothing.
    package func optional<Value>(
        _ key: String,
        _ expected: @autoclosure () -> String,
        _ convert: (TOMLValue) -> Value?
    ) throws(Failure) -> Value? {
        guard let value = value(key) else { return nil }
        guard let result = convert(value) else { throw wrong(key, expected()) }
        return result
    }

    /// A value that must be there.
    package func required<Value>(_ key: String, _ expected: String, _ value: Value?) throws(Failure) -> Value {
        guard let value else {
            throw Failure(
                TOMLError(
                    .missingKey,
                    "\(place) has no \(key) (\(position))",
                    remedy: "Add \(key), which is \(expected)",
                    at: position
                )
            )
        }
        return value
    }

    /// A table within this one, or nil where it is absent.
    package func optionalTable(_ key: String) throws(Failure) -> TableReader? {
        guard let value = value(key) else { return nil }
        guard let table = value.table else { throw wrong(key, "a table") }
        return child(table, at: value.position, key)
    }

    /// The list of tables `[[key]]`, or nil where it is absent.
    package func optionalTables(_ key: String) throws(Failure) -> [TableReader]? {
        guard let value = value(key) else { return nil }
        var readers: [TableReader] = []
        for (index, item) in (value.array ?? [value]).enumerated() {
            guard value.array != nil, let table = item.table else { throw wrong(key, "a list of tables, [[\(key)]]") }
            readers.append(child(table, at: item.position, "\(key).\(index)"))
        }
        return readers
    }

    /// Refuses the keys, here and in the tables within, that nobody asked for.
    ///
    /// - Throws: An error that lists them and the known ones.
    package func finish() throws(Failure) {
        let unknown = table.entries.filter { !known.contains($0.key) }
        if let first = unknown.first {
            let list = unknown.map { "\(TOMLText.key($0.key)) (\($0.position))" }.joined(separator: ", ")
            throw Failure(
                TOMLError(
                    .unknownKey,
                    "\(place) has the unknown key\(unknown.count == 1 ? "" : "s") \(list)",
                    remedy: "Known keys here: \(known.sorted().joined(separator: ", "))",
                    at: first.position
                )
            )
        }
        for child in children { try child.finish() }
    }

    // MARK: Errors

    /// The error of a key whose value is not what may stand there.
    package func wrong(_ key: String, _ expected: String) -> Failure {
        invalid(key, "is \(table[key].map(Self.shown) ?? "absent")", remedy: "It should be \(expected)")
    }

    /// The error of a key with a problem of its own.
    package func invalid(_ key: String, _ problem: String, remedy: String) -> Failure {
        let position = table[key]?.position ?? position
        return Failure(
            TOMLError(.invalidValue, "\(key) in \(place) \(problem) (\(position))", remedy: remedy, at: position)
        )
    }

    /// How messages name this table: `the top level`, `[monitor.window]`, `schema.toml [inputs.0]`.
    private var place: String {
        let names = [file, header.isEmpty ? nil : "[\(header)]"].compactMap { $0 }
        return names.isEmpty ? "the top level" : names.joined(separator: " ")
    }

    private func child(_ table: TOMLTable, at position: TOMLPosition, _ key: String) -> TableReader {
        let header = header.isEmpty ? key : "\(header).\(key)"
        let child = TableReader(table, at: position, file: file, header: header, absent: absent)
        children.append(child)
        return child
    }

    /// A value in an error: no longer than a line.
    private static func shown(_ value: TOMLValue) -> String {
        let text = value.description
        return text.count <= 60 ? text : "\(text.prefix(60))…"
    }
}
