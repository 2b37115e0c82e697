/// A place in a text, counted from 1.
package struct TOMLPosition: Sendable, Hashable, CustomStringConvertible {
    /// The line.
    package let line: Int
    /// The character of the line, where a character is a Unicode scalar.
    package let column: Int

    /// The first character of a text.
    package static let start = TOMLPosition(line: 1, column: 1)

    /// As an error names it: `line 3, column 9`.
    package var description: String { "line \(line), column \(column)" }
}

/// A text that is not TOML, or a table that does not hold what its reader may find there.
package struct TOMLError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    package struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        package let name: String

        /// The text breaks TOML's grammar, or one of its rules on keys and tables.
        package static let invalidSyntax = Code(name: "invalid_syntax")
        /// Tables and arrays are nested deeper than ``TOMLTable/deepest``.
        package static let tooDeep = Code(name: "too_deep")
        /// A key that must be there is not.
        package static let missingKey = Code(name: "missing_key")
        /// There is a key that nobody declared.
        package static let unknownKey = Code(name: "unknown_key")
        /// A value is of another type, or outside of what it may be.
        package static let invalidValue = Code(name: "invalid_value")
    }

    /// The kind of failure.
    package var code: Code
    /// What happened, with the value seen and its place.
    package var message: String
    /// What to do next.
    package var remedy: String
    /// Where it happened.
    package var position: TOMLPosition

    /// Creates an error from its parts.
    package init(_ code: Code, _ message: String, remedy: String, at position: TOMLPosition) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.position = position
    }

    /// One line for a log or a terminal.
    package var description: String { "\(code.name): \(message). \(remedy)" }
}
