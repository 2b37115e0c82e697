/// A content type, taken apart: `application/cloudevents+json; charset=utf-8`.
public struct MediaType: Sendable, Hashable {
    /// `type/subtype`, in lower case.
    public let essence: String
    /// The parameters, names in lower case, quotes removed.
    public let parameters: [String: String]

    /// Nil when the text has no type and subtype of RFC 2045 tokens.
    public init?(_ text: String) {
        guard Self.isWellFormed(text) else { return nil }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let essence = String(Self.trimmed(parts[0])).lowercased()
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            var value = Self.trimmed(pair[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            parameters[Self.trimmed(pair[0]).lowercased()] = String(value)
        }
        self.essence = essence
        self.parameters = parameters
    }

    /// Whether the text has a type and a subtype of RFC 2045 tokens: what ``init(_:)`` asks, without taking it apart.
    static func isWellFormed(_ text: String) -> Bool {
        if text == "application/json" { return true }  // what nearly all have
        var essence = text.utf8.prefix { $0 != UInt8(ascii: ";") }
        while let first = essence.first, isBlank(first) { essence.removeFirst() }
        while let last = essence.last, isBlank(last) { essence.removeLast() }
        guard let slash = essence.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let (type, subtype) = (essence[..<slash], essence[slash...].dropFirst())
        return !type.isEmpty && !subtype.isEmpty && type.allSatisfy(isTokenByte) && subtype.allSatisfy(isTokenByte)
    }

    /// Whether content of this type is JSON: `*/json` or `*/*+json`.
    public var isJSON: Bool { essence.hasSuffix("/json") || essence.hasSuffix("+json") }

    /// Whether content of this type is meant to be read by people: `text/*`, XML, YAML.
    var isText: Bool {
        essence.hasPrefix("text/") || essence.hasSuffix("/xml") || essence.hasSuffix("+xml")
            || essence.hasSuffix("/yaml")
    }

    /// Whether the character set is UTF-8, or ASCII, or not named.
    var isUTF8: Bool {
        guard let charset = parameters["charset"]?.lowercased() else { return true }
        return charset == "utf-8" || charset == "utf8" || charset == "us-ascii"
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
