/// A JSON text as a tree.
///
/// Use it for configuration, metadata and verdicts. Tensors are read by ``JSONReader``, which makes no tree.
///
/// An integer token that fits 64 bits is ``integer(_:)``, every other number is ``number(_:)``; the two are never
/// equal, as `1` and `1.0` are different texts, but ``double`` reads both.
public enum JSONValue: Sendable, Hashable {
    /// The token `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction and exponent that fits `Int64`.
    case integer(Int64)
    /// Any other number, correctly rounded; NaN and infinities included.
    case number(Double)
    /// A string, unescaped.
    case string(String)
    /// An array in its order.
    case array([JSONValue])
    /// An object in the order of its keys' first appearance.
    case object(JSONObject)
}

extension JSONValue {
    /// Parses one text, with nothing but white space around it.
    ///
    /// A key that appears twice keeps its first place and its last value.
    ///
    /// - Throws: The first fault with its byte offset.
    /// - Complexity: O(*n*) time, one pass.
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = .payload) throws(JSONError) {
        let inPlace = bytes.withContiguousStorageIfAvailable { storage in
            JSONValue.parse(UnsafeRawBufferPointer(storage), limits)
        }
        self = try (inPlace ?? Array(bytes).withUnsafeBytes { JSONValue.parse($0, limits) }).get()
    }

    /// Parses one text.
    public init(parsing text: String, limits: JSONLimits = .payload) throws(JSONError) {
        try self.init(parsing: text.utf8, limits: limits)
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> Result<JSONValue, JSONError> {
        Result { () throws(JSONError) in
            var reader = JSONReader(bytes, limits: limits)
            let value = try reader.readValue()
            try reader.finish()
            return value
        }
    }

    /// The compact text; numbers that are not finite are written as `null`.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// The compact text as a string.
    public var text: String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONValue {
    /// The member of an object, nil where there is none or where this is no object.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// The element of an array, nil where there is none or where this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The string, if it is one.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The number as a `Double`, if it is one; integers beyond 2^53 are rounded.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The number as an `Int`, if it is one without a fraction.
    public var int: Int? {
        switch self {
        case .integer(let value): Int(value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The truth value, if it is one.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, if it is an array.
    public var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members, if it is an object.
    public var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// Whether it is the token `null`.
    public var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// The value `null`.
    public init(nilLiteral: ()) { self = .null }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, its keys in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
