import EventStore

/// Addresses of pages and routes, with every part escaped.
enum Links {
    static func alert(_ id: String) -> String { "/alerts/\(escaped(id))" }

    static func alertActions(_ id: String) -> String { "/v1/alerts/\(escaped(id))" }

    static func request(_ reference: RowReference) -> String { "/requests/\(escaped(reference.description))" }

    static func exchanges(model: String? = nil, verdict: String? = nil, cursor: PageCursor? = nil) -> String {
        path("/exchanges", [("model", model), ("verdict", verdict), ("cursor", cursor?.description)])
    }

    static func alerts(state: String? = nil, cursor: PageCursor? = nil) -> String {
        path("/", [("state", state), ("cursor", cursor?.description)])
    }

    private static func path(_ path: String, _ query: [(String, String?)]) -> String {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// The text with everything but unreserved characters (RFC 3986) as `%41`.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
