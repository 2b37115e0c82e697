/// A value of a TOML document and the place where it begins.
package struct TOMLValue: Sendable {
    /// What a value can be.
    package enum Content: Sendable {
        /// Text.
        case text(String)
        /// A whole number.
        case integer(Int64)
        /// A number with a fraction or an exponent, an infinity or NaN.
        case number(Double)
        /// True or false.
        case flag(Bool)
        /// A date, a time, or both.
        case dateTime(TOMLDateTime)
        /// Values in order, of any types.
        case array([TOMLValue])
        /// A table, from a header, an inline table or a dotted key.
        case table(TOMLTable)
    }

    /// The value itself.
    package let content: Content
    /// Where the value begins; for a table, its header or its first key.
    package let position: TOMLPosition

    /// The text, where the value is one.
    package var text: String? { if case .text(let text) = content { text } else { nil } }
    /// The whole number, where the value is one.
    package var integer: Int64? { if case .integer(let integer) = content { integer } else { nil } }
    /// The number, with or without a fraction, where the value is one.
    package var number: Double? {
        switch content {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
    /// True or false, where the value is one of them.
    package var flag: Bool? { if case .flag(let flag) = content { flag } else { nil } }
    /// The values of an array.
    package var array: [TOMLValue]? { if case .array(let values) = content { values } else { nil } }
    /// The table, where the value is one.
    package var table: TOMLTable? { if case .table(let table) = content { table } else { nil } }
}

/// A table of a TOML document: its keys in the order of the text.
package struct TOMLTable: Sendable {
    /// How deep tables and arrays may be nested, the document itself being 0.
    ///
    /// Our files need 5. The bound keeps a hostile text from using up the stack.
    package static let deepest = 64

    /// A key and its value.
    package struct Entry: Sendable {
        /// The key, without quotes.
        package let key: String
        /// Where the key stands.
        package let position: TOMLPosition
        /// Its value.
        package let value: TOMLValue
    }

    /// The keys and values in the order of the text.
    package let entries: [Entry]
    private let indices: [String: Int]

    /// A table of entries with a key of its own each.
    init(_ entries: [Entry]) {
        self.entries = entries
        indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
    }

    /// Parses a document of TOML 1.0.
    ///
    /// - Throws: `.invalidSyntax` or `.tooDeep`, with line, column and what to write instead.
    /// - Complexity: O(*n*) in the length of the text.
    package init(parsing text: String) throws(TOMLError) {
        var parser = TOMLParser(text)
        self = try parser.document()
    }

    /// The value under a key.
    package subscript(key: String) -> TOMLValue? { indices[key].map { entries[$0].value } }
}
