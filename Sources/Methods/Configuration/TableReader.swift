package import JSON
import Prediction

/// Reads one table of a configuration file and afterwards refuses every key that nobody asked for.
///
/// ```swift
/// var table = TableReader(object, name: "[monitor]")
/// let model = try table.text("model")
/// let namespace = try table.text("namespace", default: "default")
/// try table.finish()  // an unknown key is an error that lists the known ones
/// ```
package struct TableReader {
    /// How messages name this table: `[monitor]`, or `the top level`.
    package let name: String
    private let table: JSONObject
    private var known: [String] = []

    /// Starts to read a table.
    package init(_ table: JSONObject, name: String) {
        self.table = table
        self.name = name
    }

    /// Returns the raw value of a key, or nil where it is absent or alibi-detect's string `"None"`.
    package mutating func value(_ key: String) -> JSONValue? {
        known.append(key)
        let value = table[key]
        return value == .string("None") ? nil : value
    }

    /// Returns the text under a key.
    ///
    /// - Throws: `.invalidConfiguration` where it is absent and has no default, or is not a non-empty string.
    package mutating func text(_ key: String, default fallback: String? = nil) throws(MethodError) -> String {
        guard let text = try optionalText(key) ?? fallback else { throw missing(key, "a string") }
        return text
    }

    /// Returns the text under a key, or nil where it is absent.
    package mutating func optionalText(_ key: String) throws(MethodError) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value else { throw wrong(key, value, "a string") }
        return text
    }

    /// Returns one of the listed spellings.
    package mutating func choice(
        _ key: String,
        of choices: [String],
        default fallback: String? = nil
    ) throws(MethodError) -> String {
        let text = try text(key, default: fallback)
        guard choices.contains(text) else {
            throw wrong(key, .string(text), "one of \(choices.joined(separator: ", "))")
        }
        return text
    }

    /// Returns the list of texts under a key, or nil where it is absent.
    package mutating func optionalTexts(_ key: String) throws(MethodError) -> [String]? {
        guard let value = value(key) else { return nil }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else { throw wrong(key, value, "a list of strings") }
        return texts
    }

    /// Returns the number under a key, checked against a range.
    package mutating func number(
        _ key: String,
        in range: ClosedRange<Double>,
        default fallback: Double? = nil
    ) throws(MethodError) -> Double {
        guard let value = value(key) else {
            guard let fallback else { throw missing(key, "a number") }
            return fallback
        }
        let number: Double
        switch value {
        case .integer(let integer): number = Double(integer)
        case .number(let double): number = double
        default: throw wrong(key, value, "a number")
        }
        guard range.contains(number) else {
            throw wrong(key, value, "between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    /// Returns the whole number under a key, checked against a range.
    package mutating func integer(
        _ key: String,
        in range: ClosedRange<Int>,
        default fallback: Int? = nil
    ) throws(MethodError) -> Int {
        guard let value = value(key) else {
            guard let fallback else { throw missing(key, "a whole number") }
            return fallback
        }
        guard case .integer(let integer) = value, let number = Int(exactly: integer), range.contains(number) else {
            throw wrong(key, value, "a whole number between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    /// Returns the Boolean under a key.
    package mutating func flag(_ key: String, default fallback: Bool) throws(MethodError) -> Bool {
        guard let value = value(key) else { return fallback }
        guard case .bool(let flag) = value else { throw wrong(key, value, "true or false") }
        return flag
    }

    /// Returns the duration under a key, or nil where it is absent: `"30s"`, `"5m"`, `"250ms"`, `"30d"`.
    package mutating func optionalDuration(_ key: String) throws(MethodError) -> Duration? {
        guard let value = value(key) else { return nil }
        guard let duration = value.string.flatMap(Duration.init(text:)) else {
            throw wrong(key, value, "a duration such as \"30s\", \"5m\" or \"30d\"")
        }
        return duration
    }

    /// Returns the table under a key, or nil where it is absent.
    package mutating func optionalTable(_ key: String) throws(MethodError) -> TableReader? {
        guard let value = value(key) else { return nil }
        guard case .object(let object) = value else { throw wrong(key, value, "a table") }
        return TableReader(object, name: name == "the top level" ? "[\(key)]" : "\(name) \(key)")
    }

    /// Refuses keys that nobody read.
    ///
    /// - Throws: `.unknownKey` with the key and the list of the known ones.
    package func finish() throws(MethodError) {
        for (key, _) in table where !known.contains(key) {
            throw MethodError(
                .unknownKey,
                "\(name) has the unknown key \(key)",
                remedy: "Known keys here: \(Set(known).sorted().joined(separator: ", "))"
            )
        }
    }

    /// The error of a key whose value cannot be meant.
    package func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> MethodError {
        MethodError(
            .invalidConfiguration,
            "\(key) in \(name) is \(value.text)",
            remedy: "It should be \(expected)"
        )
    }

    private func missing(_ key: String, _ expected: String) -> MethodError {
        MethodError(.invalidConfiguration, "\(name) has no \(key)", remedy: "Add \(key) = \(expected)")
    }
}
