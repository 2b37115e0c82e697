/// A text that is not JSON, or JSON that is not what the reader expects, and where it stops being so.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, few and stable, so it can label a metric.
    public struct Code: Hashable, Sendable {
        /// The spelling used in logs and metrics.
        public let name: String

        /// A byte stands where the grammar has no place for it.
        public static let unexpectedByte = Code(name: "json_unexpected_byte")
        /// The text ends inside a value.
        public static let unexpectedEnd = Code(name: "json_unexpected_end")
        /// Bytes follow the value.
        public static let trailingBytes = Code(name: "json_trailing_bytes")
        /// A string holds bytes that are not UTF-8.
        public static let invalidUTF8 = Code(name: "json_invalid_utf8")
        /// A `\u` escape names half of a surrogate pair.
        public static let loneSurrogate = Code(name: "json_lone_surrogate")
        /// A string holds a raw control character, U+0000 to U+001F.
        public static let controlCharacter = Code(name: "json_control_character")
        /// A backslash is followed by what is no escape.
        public static let invalidEscape = Code(name: "json_invalid_escape")
        /// A number breaks the grammar: a leading zero, a bare dot, an empty exponent.
        public static let invalidNumber = Code(name: "json_invalid_number")
        /// A number does not fit the type that is asked for.
        public static let numberOutOfRange = Code(name: "json_number_out_of_range")
        /// Arrays and objects are nested more deeply than the limit.
        public static let tooDeep = Code(name: "json_too_deep")
        /// A value is of another kind than the one that is asked for.
        public static let unexpectedKind = Code(name: "json_unexpected_kind")
        /// An array that has to be regular has rows of different lengths or depths.
        public static let raggedArray = Code(name: "json_ragged_array")
        /// An array holds more elements than there is room for.
        public static let tooManyElements = Code(name: "json_too_many_elements")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, with the bytes seen.
    public var message: String
    /// What to do next.
    public var remedy: String
    /// Where: bytes from the start of the text.
    public var offset: Int

    /// Makes an error for the byte at `offset`.
    public init(_ code: Code, at offset: Int, _ message: String, remedy: String = "Send JSON as RFC 8259 defines it") {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.offset = offset
    }

    /// One line for a log or a terminal.
    public var description: String { "\(code.name): \(message) at byte \(offset). \(remedy)" }
}
