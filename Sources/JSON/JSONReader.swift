/// A cursor over a JSON text that hands out one value after the other and makes no tree.
///
/// ```swift
/// var reader = JSONReader(bytes)
/// try reader.beginObject()
/// while let key = try reader.nextKey() {
///     switch key {
///     case "id": id = try reader.readString()
///     default: try reader.skipValue()  // checks what it skips
///     }
/// }
/// try reader.finish()
/// ```
///
/// It is a value: a copy marks a place to come back to. It does not own the bytes, which must outlive it and stay as
/// they are. Every value is checked as it is passed, skipped ones too, so a text that was read to the end is valid.
public struct JSONReader {
    /// What a value is, told by its first byte.
    public enum Kind: Sendable, Hashable {
        /// `{`, `[`, `"` and the other beginnings; a number may be one of the non-finite tokens.
        case object, array, string, number, bool, null
    }

    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    /// The offset of the byte that comes next.
    public internal(set) var position = 0
    var depth = 0
    // Whether the innermost container has just been opened. One flag is enough for all levels: when an inner
    // container closes, the outer one has at least that element.
    private var isAtFirst = false

    /// Starts at the first byte.
    public init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .payload) {
        self.bytes = bytes
        self.limits = limits
    }

    // MARK: Containers

    /// The kind of the next value.
    public mutating func peek() throws(JSONError) -> Kind {
        switch try nextByte() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "N"), UInt8(ascii: "I"):
            return .number
        case let byte: throw unexpected(byte, "the beginning of a value")
        }
    }

    /// Enters an object; ask ``nextKey()`` until it says nil.
    public mutating func beginObject() throws(JSONError) {
        try open(UInt8(ascii: "{"), "an object")
    }

    /// The next key, its value being next; nil when the object is over.
    public mutating func nextKey() throws(JSONError) -> String? {
        guard try advance(until: UInt8(ascii: "}")) else { return nil }
        guard try nextByte() == UInt8(ascii: "\"") else { throw unexpected(bytes[position], "a key in quotes") }
        let key = try readString()
        guard try nextByte() == UInt8(ascii: ":") else { throw unexpected(bytes[position], "a colon") }
        position += 1
        return key
    }

    /// Enters an array; ask ``nextElement()`` until it says no.
    public mutating func beginArray() throws(JSONError) {
        try open(UInt8(ascii: "["), "an array")
    }

    /// Whether there is another element, which is then next.
    @inline(__always)
    public mutating func nextElement() throws(JSONError) -> Bool {
        try advance(until: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else {
            throw JSONError(.trailingBytes, at: position, "\(bytes.count - position) bytes follow the value")
        }
    }

    // MARK: Values

    /// The next value, which must be `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        switch try nextByte() {
        case UInt8(ascii: "t"): try token("true"); return true
        case UInt8(ascii: "f"): try token("false"); return false
        default: throw mismatch("true or false")
        }
    }

    /// Passes `null` if it is next, and says whether it was.
    public mutating func readNull() throws(JSONError) -> Bool {
        guard try nextByte() == UInt8(ascii: "n") else { return false }
        try token("null")
        return true
    }

    /// The next value as a tree.
    public mutating func readValue() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .object: return .object(try readObject())
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try readValue()) }
            return .array(elements)
        case .string: return .string(try readString())
        case .bool: return .bool(try readBool())
        case .number: return try readNumber()
        case .null:
            try token("null")
            return .null
        }
    }

    /// The next value, which must be an object, as a tree.
    public mutating func readObject() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        try beginObject()
        while let key = try nextKey() { object[key] = try readValue() }
        return object
    }

    /// Passes the next value, checks it, and returns the range of its bytes.
    @discardableResult
    public mutating func skipValue() throws(JSONError) -> Range<Int> {
        let kind = try peek()
        let start = position
        switch kind {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() {
                try skipValue()
                skipPlainNumbers()
            }
        case .string: try skipString()
        case .bool: _ = try readBool()
        case .number: _ = try scanNumber()
        case .null: try token("null")
        }
        return start..<position
    }

    /// How many bytes are left.
    public var remaining: Int { bytes.count - position }

    /// A copy of the bytes of a value that was passed.
    public func text(of range: Range<Int>) -> [UInt8] {
        [UInt8](bytes[range])
    }

    // MARK: Bytes

    @inline(__always)
    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// The next byte that is not white space, not passed.
    @inline(__always)
    mutating func nextByte() throws(JSONError) -> UInt8 {
        skipWhitespace()
        guard position < bytes.count else { throw endOfText() }
        return bytes[position]
    }

    private mutating func open(_ bracket: UInt8, _ expected: String) throws(JSONError) {
        guard try nextByte() == bracket else { throw mismatch(expected) }
        guard depth < limits.depth else {
            throw JSONError(
                .tooDeep,
                at: position,
                "arrays and objects are nested more than \(limits.depth) deep",
                remedy: "Flatten the value"
            )
        }
        depth += 1
        position += 1
        isAtFirst = true
    }

    /// Passes a comma, or the bracket that ends the container and says false.
    @inline(__always)
    private mutating func advance(until bracket: UInt8) throws(JSONError) -> Bool {
        let byte = try nextByte()
        if byte == bracket {
            depth -= 1
            position += 1
            isAtFirst = false
            return false
        }
        if isAtFirst {
            isAtFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw unexpected(byte, "a comma or the end of the container") }
        position += 1
        guard try nextByte() != bracket else { throw unexpected(bracket, "a value after the comma") }
        return true
    }

    private mutating func token(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard position + index < bytes.count else {
                position = bytes.count
                throw endOfText()
            }
            guard bytes[position + index] == text.utf8Start[index] else {
                throw JSONError(.unexpectedByte, at: position, "a token that is not \(text)")
            }
        }
        position += text.utf8CodeUnitCount
    }

    // MARK: Errors

    func endOfText() -> JSONError {
        JSONError(.unexpectedEnd, at: bytes.count, "the text ends inside a value", remedy: "Send the whole text")
    }

    func unexpected(_ byte: UInt8, _ expected: String) -> JSONError {
        JSONError(.unexpectedByte, at: position, "byte 0x\(String(byte, radix: 16)) where \(expected) should be")
    }

    func mismatch(_ expected: String) -> JSONError {
        JSONError(.unexpectedKind, at: position, "the value is not \(expected)", remedy: "Send \(expected) here")
    }
}
