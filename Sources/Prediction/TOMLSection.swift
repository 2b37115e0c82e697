package import TOMLKit

/// A table of a TOML file that is read strictly: every key must be known, every value of its type, and an error names
/// the file, the key, and what may stand there.
///
/// Reading takes note of the keys that were asked for; `refuseUnknownKeys()` after the last one refuses the rest.
package final class TOMLSection {
    private let table: TOMLTable
    /// `schema.toml`, or `schema.toml [inputs.0]` for a table within it.
    package let place: String
    private var asked: [String] = []
    private var subsections: [TOMLSection] = []

    /// Parses a document.
    ///
    /// - Throws: `.invalidDescription` with line and column where it is not TOML.
    package convenience init(parsing text: String, file: String) throws(PredictionError) {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            let place = (error as? TOMLParseError)?.source.begin.debugDescription
            throw PredictionError(
                .invalidDescription,
                "\(file) is not TOML: \((error as? TOMLParseError)?.description ?? "\(error)")",
                remedy: "Correct the file\(place.map { " at \($0)" } ?? "")",
                cause: error
            )
        }
        self.init(table, place: file)
    }

    package init(_ table: TOMLTable, place: String) {
        self.table = table
        self.place = place
    }

    /// The keys that the file gives, sorted.
    package var keys: [String] { table.keys }

    // MARK: Values

    package func string(_ key: String) throws(PredictionError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw wrong(key, value, expected: "text in quotes") }
        return string
    }

    package func int(_ key: String, in range: ClosedRange<Int> = 0...Int.max) throws(PredictionError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let int = value.int, range.contains(int) else {
            let upper = range.upperBound == .max ? "up" : "to \(range.upperBound)"
            throw wrong(key, value, expected: "a whole number from \(range.lowerBound) \(upper)")
        }
        return int
    }

    /// A number, with or without a fraction.
    package func double(_ key: String) throws(PredictionError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let double = Self.number(value) else { throw wrong(key, value, expected: "a number") }
        return double
    }

    /// Whether a key that also takes a text holds a number.
    package func holdsNumber(_ key: String) -> Bool { value(key).flatMap(Self.number) != nil }

    package func bool(_ key: String) throws(PredictionError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.bool else { throw wrong(key, value, expected: "true or false") }
        return bool
    }

    package func strings(_ key: String) throws(PredictionError) -> [String]? {
        try list(key, expected: "a list of texts", \.string)
    }

    package func ints(_ key: String) throws(PredictionError) -> [Int]? {
        try list(key, expected: "a list of whole numbers", \.int)
    }

    package func doubles(_ key: String) throws(PredictionError) -> [Double]? {
        try list(key, expected: "a list of numbers", Self.number)
    }

    /// One of the raw values of an enumeration.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        of type: Choice.Type = Choice.self
    ) throws(PredictionError) -> Choice? {
        guard let value = value(key) else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw wrong(key, value, expected: "one of \(known)")
        }
        return choice
    }

    /// A table within this one.
    package func section(_ key: String) throws(PredictionError) -> TOMLSection? {
        guard let value = value(key) else { return nil }
        guard let table = value.table else { throw wrong(key, value, expected: "a table") }
        return subsection(table, key)
    }

    /// A list of tables, `[[key]]`.
    package func sections(_ key: String) throws(PredictionError) -> [TOMLSection]? {
        guard let tables = try list(key, expected: "a list of tables", \.table) else { return nil }
        return tables.enumerated().map { subsection($1, "\(key).\($0)") }
    }

    /// What was read of a key that must be there.
    package func required<Value>(_ key: String, _ value: Value?) throws(PredictionError) -> Value {
        guard let value else {
            throw PredictionError(.invalidDescription, "\(place) has no \(key)", remedy: "Add the key \(key)")
        }
        return value
    }

    // MARK: Strictness

    /// Refuses every key, here and in the tables read from here, that nobody asked for.
    ///
    /// - Throws: `.invalidDescription` that lists the known keys.
    package func refuseUnknownKeys() throws(PredictionError) {
        if let unknown = keys.first(where: { !asked.contains($0) }) {
            throw PredictionError(
                .invalidDescription,
                "\(place) has the unknown key \(unknown)",
                remedy: "Remove it or use one of: \(asked.sorted().joined(separator: ", "))"
            )
        }
        for section in subsections { try section.refuseUnknownKeys() }
    }

    /// An error about the value of a key of this table.
    package func invalid(_ key: String, _ problem: String, remedy: String) -> PredictionError {
        PredictionError(.invalidDescription, "\(place): \(key) \(problem)", remedy: remedy)
    }

    private func value(_ key: String) -> (any TOMLValueConvertible)? {
        if !asked.contains(key) { asked.append(key) }
        return table[key]
    }

    private func subsection(_ table: TOMLTable, _ key: String) -> TOMLSection {
        let section = TOMLSection(table, place: "\(place) [\(key)]")
        subsections.append(section)
        return section
    }

    private func list<Element>(
        _ key: String,
        expected: String,
        _ element: (any TOMLValueConvertible) -> Element?
    ) throws(PredictionError) -> [Element]? {
        guard let value = value(key) else { return nil }
        guard let array = value.array else { throw wrong(key, value, expected: expected) }
        var elements: [Element] = []
        for item in array {
            guard let element = element(item) else { throw wrong(key, value, expected: expected) }
            elements.append(element)
        }
        return elements
    }

    private static func number(_ value: any TOMLValueConvertible) -> Double? {
        value.double ?? value.int.map(Double.init)
    }

    private func wrong(_ key: String, _ value: any TOMLValueConvertible, expected: String) -> PredictionError {
        invalid(key, "is \(value.debugDescription)", remedy: "Give \(expected)")
    }
}
