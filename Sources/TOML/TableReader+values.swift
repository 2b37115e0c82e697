// Reading by type. A reader without `optional` in its name refuses a key that is absent and has no default.

extension TableReader {
    // MARK: Texts

    /// The text under a key.
    package func text(_ key: String, default fallback: String? = nil) throws(Failure) -> String {
        try required(key, "text in quotes", try optionalText(key) ?? fallback)
    }

    /// The text under a key, or nil where it is absent.
    package func optionalText(_ key: String) throws(Failure) -> String? {
        try optional(key, "text in quotes", \.text)
    }

    /// The texts under a key.
    package func texts(_ key: String, default fallback: [String]? = nil) throws(Failure) -> [String] {
        try required(key, "a list of texts", try optionalTexts(key) ?? fallback)
    }

    /// The texts under a key, or nil where it is absent.
    package func optionalTexts(_ key: String) throws(Failure) -> [String]? {
        try optional(key, "a list of texts") { Self.list($0, \.text) }
    }

    /// One of a few spellings.
    package func choice(
        _ key: String,
        of choices: [String],
        default fallback: String? = nil
    ) throws(Failure) -> String {
        let expected = Self.oneOf(choices)
        let choice = try optional(key, expected) { $0.text.flatMap { choices.contains($0) ? $0 : nil } }
        return try required(key, expected, choice ?? fallback)
    }

    /// One of the cases of an enumeration.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        default fallback: Choice? = nil
    ) throws(Failure) -> Choice {
        try required(key, Self.oneOf(Choice.allCases.map(\.rawValue)), try optionalChoice(key) ?? fallback)
    }

    /// One of the cases of an enumeration, or nil where the key is absent.
    package func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String
    ) throws(Failure) -> Choice? {
        try optional(key, Self.oneOf(Choice.allCases.map(\.rawValue))) { $0.text.flatMap(Choice.init(rawValue:)) }
    }

    // MARK: Numbers

    /// The whole number under a key.
    package func integer(
        _ key: String,
        in range: ClosedRange<Int> = 0...Int.max,
        default fallback: Int? = nil
    ) throws(Failure) -> Int {
        try required(key, Self.wholeNumber(range), try optionalInteger(key, in: range) ?? fallback)
    }

    /// The whole number under a key, or nil where it is absent.
    package func optionalInteger(_ key: String, in range: ClosedRange<Int> = 0...Int.max) throws(Failure) -> Int? {
        try optional(key, Self.wholeNumber(range)) { value in
            value.integer.flatMap(Int.init(exactly:)).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// The number under a key, with or without a fraction.
    package func number(
        _ key: String,
        in range: ClosedRange<Double> = -Double.infinity...Double.infinity,
        default fallback: Double? = nil
    ) throws(Failure) -> Double {
        try required(key, Self.number(range), try optionalNumber(key, in: range) ?? fallback)
    }

    /// The number under a key, or nil where it is absent; NaN is in no range.
    package func optionalNumber(
        _ key: String,
        in range: ClosedRange<Double> = -Double.infinity...Double.infinity
    ) throws(Failure) -> Double? {
        try optional(key, Self.number(range)) { $0.number.flatMap { range.contains($0) ? $0 : nil } }
    }

    /// The whole numbers under a key.
    package func integers(_ key: String, default fallback: [Int]? = nil) throws(Failure) -> [Int] {
        let expected = "a list of whole numbers"
        let integers = try optional(key, expected) { Self.list($0) { $0.integer.flatMap(Int.init(exactly:)) } }
        return try required(key, expected, integers ?? fallback)
    }

    /// The numbers under a key.
    package func numbers(_ key: String, default fallback: [Double]? = nil) throws(Failure) -> [Double] {
        try required(key, "a list of numbers", try optionalNumbers(key) ?? fallback)
    }

    /// The numbers under a key, or nil where it is absent.
    package func optionalNumbers(_ key: String) throws(Failure) -> [Double]? {
        try optional(key, "a list of numbers") { Self.list($0, \.number) }
    }

    // MARK: Flags and tables

    /// The Boolean under a key.
    package func flag(_ key: String, default fallback: Bool) throws(Failure) -> Bool {
        try optional(key, "true or false", \.flag) ?? fallback
    }

    /// The list of tables `[[key]]`.
    package func tables(_ key: String) throws(Failure) -> [TableReader] {
        try required(key, "a list of tables, [[\(key)]]", try optionalTables(key))
    }

    // MARK: What may stand there

    private static func list<Element>(_ value: TOMLValue, _ element: (TOMLValue) -> Element?) -> [Element]? {
        guard let values = value.array else { return nil }
        let elements = values.compactMap(element)
        return elements.count == values.count ? elements : nil
    }

    private static func oneOf(_ choices: [String]) -> String {
        "one of \(choices.map(TOMLText.quoted).joined(separator: ", "))"
    }

    private static func wholeNumber(_ range: ClosedRange<Int>) -> String {
        "a whole number from \(range.lowerBound) \(range.upperBound == .max ? "up" : "to \(range.upperBound)")"
    }

    private static func number(_ range: ClosedRange<Double>) -> String {
        switch (range.lowerBound == -.infinity, range.upperBound >= .greatestFiniteMagnitude) {
        case (true, true): "a number"
        case (true, false): "a number up to \(range.upperBound)"
        case (false, true): "a number from \(range.lowerBound) up"
        case (false, false): "a number from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
