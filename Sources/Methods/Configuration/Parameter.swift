package import JSON
package import TOML

/// A key that a method, or a preprocess step, takes from its configuration: its name, its kind, and what it means.
package struct Parameter: Sendable {
    /// What may stand under the key.
    package enum Kind: Sendable {
        /// Any number in the range.
        case number(ClosedRange<Double>)
        /// A whole number in the range.
        case integer(ClosedRange<Int>)
        /// One of these spellings.
        case choice([String])
        /// Any string.
        case text
        /// True or false.
        case flag
        /// A list of whole numbers in the range.
        case integers(ClosedRange<Int>)
        /// A list of numbers.
        case numbers
        /// A table from the index of a column to its categories: how many codes, a list of codes, or `"None"`.
        case categories
    }

    /// The key, spelt as alibi-detect's schema spells it where it has the method.
    package let name: String
    /// What may stand there.
    package let kind: Kind
    /// What stands there when the key is absent; nil means that the method does without.
    package let fallback: JSONValue?
    /// One sentence for the reference page.
    package let meaning: String

    /// Declares a key.
    package init(_ name: String, _ kind: Kind, default fallback: JSONValue? = nil, _ meaning: String) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.meaning = meaning
    }
}

/// The values of a method's declared keys, defaults filled in, each checked against its kind.
package struct Parameters: Sendable, Equatable {
    private let values: [String: JSONValue]

    /// Reads the declared keys from a table; the table's `finish` then refuses all others.
    ///
    /// - Throws: `.invalidConfiguration` for a value outside its kind.
    package init(reading table: TableReader<MethodError>, declared: [Parameter]) throws(MethodError) {
        var values: [String: JSONValue] = [:]
        for parameter in declared {
            guard let value = table.value(parameter.name).map(JSONValue.init) ?? parameter.fallback else { continue }
            if let problem = parameter.kind.problem(with: value) {
                throw table.wrong(parameter.name, problem)
            }
            values[parameter.name] = value
        }
        self.values = values
    }

    /// The number under a declared key, or nil where it is absent and has no default.
    package func optionalNumber(_ name: String) -> Double? {
        switch values[name] {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// The whole number under a declared key, or nil where it is absent and has no default.
    package func optionalInteger(_ name: String) -> Int? { values[name]?.int }

    /// The text under a declared key, or nil where it is absent and has no default.
    package func optionalText(_ name: String) -> String? { values[name]?.string }

    /// The whole numbers under a declared key, or nil where it is absent and has no default.
    package func optionalIntegers(_ name: String) -> [Int]? { values[name]?.array?.compactMap(\.int) }

    /// The numbers under a declared key, or nil where it is absent and has no default.
    package func optionalNumbers(_ name: String) -> [Double]? {
        values[name]?.array?.compactMap { value in
            if case .integer(let integer) = value { Double(integer) } else { value.double }
        }
    }

    /// The number under a key that was declared with a default.
    package func number(_ name: String) -> Double { declared(optionalNumber(name), name) }

    /// The whole number under a key that was declared with a default.
    package func integer(_ name: String) -> Int { declared(optionalInteger(name), name) }

    /// The text under a key that was declared with a default.
    package func text(_ name: String) -> String { declared(optionalText(name), name) }

    /// The Boolean under a key that was declared with a default.
    package func flag(_ name: String) -> Bool { declared(values[name]?.bool, name) }

    /// The canonical spelling of all values, in the order of their names: what a configuration hash covers.
    package var canonical: JSONValue {
        var object = JSONObject()
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { object[name] = value }
        return .object(object)
    }

    private func declared<Value>(_ value: Value?, _ name: String) -> Value {
        guard let value else {
            preconditionFailure("the method reads \(name), which it did not declare with a default")
        }
        return value
    }
}

extension Parameter.Kind {
    /// Returns what a value should be, or nil where it is that already.
    func problem(with value: JSONValue) -> String? {
        switch (self, value) {
        case (.number(let range), .integer(let integer)) where range.contains(Double(integer)): nil
        case (.number(let range), .number(let number)) where range.contains(number): nil
        case (.number(let range), _): "a number between \(range.lowerBound) and \(range.upperBound)"
        case (.integer(let range), .integer(let integer)) where Int(exactly: integer).map(range.contains) == true: nil
        case (.integer(let range), _): "a whole number between \(range.lowerBound) and \(range.upperBound)"
        case (.choice(let choices), .string(let text)) where choices.contains(text): nil
        case (.choice(let choices), _): "one of \(choices.joined(separator: ", "))"
        case (.text, .string), (.flag, .bool): nil
        case (.text, _): "a string"
        case (.flag, _): "true or false"
        case (.integers(let range), .array(let items)) where items.allSatisfy({ $0.int.map(range.contains) == true }):
            nil
        case (.integers(let range), _): "a list of whole numbers between \(range.lowerBound) and \(range.upperBound)"
        case (.numbers, .array(let items)) where items.allSatisfy({ $0.double != nil || $0.int != nil }): nil
        case (.numbers, _): "a list of numbers"
        case (.categories, .object(let table)) where table.allSatisfy({ Self.isCategory($0.key, $0.value) }): nil
        case (.categories, _): "a table of column = number of categories, list of codes or \"None\""
        }
    }
}

extension Parameter.Kind {
    private static func isCategory(_ column: String, _ codes: JSONValue) -> Bool {
        guard let index = Int(column), index >= 0 else { return false }
        return switch codes {
        case .integer(let count): (1...1_000_000).contains(count)
        case .array(let codes): !codes.isEmpty && codes.allSatisfy { $0.int != nil }
        case .string(let text): text == "None"
        default: false
        }
    }
}

extension Parameters {
    /// The categories of columns under a declared key, nil for those that the reference shows; or nil where it is absent.
    package func optionalCategories(_ name: String) -> [Int: [Int]?]? {
        guard case .object(let table)? = values[name] else { return nil }
        var result: [Int: [Int]?] = [:]
        for (column, codes) in table {
            guard let index = Int(column) else { continue }
            switch codes {
            case .integer(let count): result[index] = .some(Array(0..<Int(count)))
            case .array(let codes): result[index] = .some(codes.compactMap(\.int))
            default: result.updateValue(nil, forKey: index)
            }
        }
        return result
    }

    /// No keys at all.
    package static let empty = Parameters(values: [:])

    private init(values: [String: JSONValue]) { self.values = values }
}
