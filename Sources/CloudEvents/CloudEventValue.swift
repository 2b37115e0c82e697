import JSON

/// The value of an extension attribute, in one of the seven types of the specification.
///
/// HTTP headers carry no types, so an event that came in binary mode holds strings; ``text`` is the same in both modes.
public enum CloudEventValue: Sendable, Hashable {
    /// `true` or `false`.
    case boolean(Bool)
    /// A signed integer of 32 bits.
    case integer(Int32)
    /// Text without control characters and noncharacters.
    case string(String)
    /// Bytes, base64 in text.
    case binary([UInt8])
    /// An absolute URI.
    case uri(String)
    /// A URI or a reference relative to one.
    case uriReference(String)
    /// A moment.
    case timestamp(Timestamp)

    /// The canonical text, which is what headers carry.
    public var text: String {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .string(let value), .uri(let value), .uriReference(let value): value
        case .binary(let value): Base64.encode(value)
        case .timestamp(let value): value.rfc3339
        }
    }

    /// The number, whether it came typed or as text.
    public var integer: Int32? {
        switch self {
        case .integer(let value): value
        default: Int32(text)
        }
    }

    /// The truth value, whether it came typed or as text.
    public var boolean: Bool? {
        switch self {
        case .boolean(let value): value
        default: Bool(text)
        }
    }

    /// Checks the rule of the value's type.
    func check(as name: String) throws(CloudEventError) {
        switch self {
        case .string(let value): try AttributeRules.checkString(value, as: name)
        case .uri(let value): try AttributeRules.checkURI(value, as: name)
        case .uriReference(let value): try AttributeRules.checkURIReference(value, as: name)
        case .boolean, .integer, .binary, .timestamp: break
        }
    }
}

extension CloudEventValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int32) { self = .integer(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
