import JSON

/// The parts of a URI reference that our rules ask about, once its characters are known to be in place.
///
/// The check is that of RFC 3986 on characters, percent escapes, the scheme and brackets; ports and addresses inside the
/// authority are not looked into, since Seldon sends `http:://host:8000`.
package struct URIReference {
    let scheme: String?
    let hasFragment: Bool

    /// Nil when the text is empty or breaks the grammar.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return nil }
        let fragmentStart = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        let queryStart = bytes[..<fragmentStart].firstIndex(of: UInt8(ascii: "?")) ?? fragmentStart
        let firstSlash = bytes[..<queryStart].firstIndex(of: UInt8(ascii: "/")) ?? queryStart

        var hierarchyStart = 0
        if let colon = bytes[..<firstSlash].firstIndex(of: UInt8(ascii: ":")) {
            guard Self.isScheme(bytes[..<colon]) else { return nil }
            scheme = String(decoding: bytes[..<colon], as: UTF8.self)
            hierarchyStart = colon + 1
        } else {
            scheme = nil
        }
        hasFragment = fragmentStart < bytes.count

        var pathStart = hierarchyStart
        if bytes[hierarchyStart...].starts(with: "//".utf8) {
            pathStart = bytes[(hierarchyStart + 2)..<queryStart].firstIndex(of: UInt8(ascii: "/")) ?? queryStart
            guard Self.isValid(bytes[hierarchyStart..<pathStart], extra: "[]/:@") else { return nil }
        }
        guard
            Self.isValid(bytes[pathStart..<queryStart], extra: "/:@"),
            Self.isValid(bytes[queryStart..<fragmentStart], extra: "/?:@"),
            Self.isValid(bytes[min(fragmentStart + 1, bytes.count)...], extra: "/?:@")
        else { return nil }
    }

    /// A text made fit for one segment of a path: all but unreserved characters percent-encoded.
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            if isLetter(byte) || isDigit(byte) || "-._~".utf8.contains(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                escaped += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return escaped
    }

    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    /// Unreserved characters, sub-delimiters, percent escapes, and what the part allows beyond them.
    private static func isValid(_ bytes: ArraySlice<UInt8>, extra: String) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, bytes[index + 1].hexDigitValue != nil,
                    bytes[index + 2].hexDigitValue != nil
                else { return false }
                index += 3
                continue
            }
            guard isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) || extra.utf8.contains(byte)
            else { return false }
            index += 1
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
