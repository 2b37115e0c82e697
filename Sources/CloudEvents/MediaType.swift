/// A content type, taken apart: `application/cloudevents+json; charset=utf-8`.
public struct MediaType: Sendable, Hashable {
    /// `type/subtype`, in lower case.
    public let essence: String
    /// The parameters, names in lower case, quotes removed.
    public let parameters: [String: String]

    /// Nil when the text has no type and subtype of RFC 2045 tokens.
    public init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let essence = String(Self.trimmed(parts[0])).lowercased()
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isTokenByte) }) else {
            return nil
        }
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
