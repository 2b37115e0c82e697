extension JSONReader {
    /// The next value, which must be a string, unescaped.
    ///
    /// - Throws: `.invalidUTF8`, `.controlCharacter`, `.loneSurrogate` or `.invalidEscape` at the offending byte.
    public mutating func readString() throws(JSONError) -> String {
        let content = try scanString()
        guard content.isEscaped else { return String(decoding: bytes[content.range], as: UTF8.self) }
        return String(decoding: try unescape(content.range), as: UTF8.self)
    }

    /// The next value, which must be a string, as its UTF-8 bytes, unescaped.
    public mutating func readStringBytes() throws(JSONError) -> [UInt8] {
        let content = try scanString()
        guard content.isEscaped else { return [UInt8](bytes[content.range]) }
        return try unescape(content.range)
    }

    /// Passes the next value, which must be a string, and checks it.
    mutating func skipString() throws(JSONError) {
        let content = try scanString()
        if content.isEscaped { _ = try unescape(content.range) }
    }

    /// Passes a string; the range is what stands between its quotes, already known to be UTF-8 without controls.
    private mutating func scanString() throws(JSONError) -> (range: Range<Int>, isEscaped: Bool) {
        guard try nextByte() == UInt8(ascii: "\"") else { throw mismatch("a string") }
        let start = position + 1
        var cursor = start
        var isEscaped = false
        var isASCII = true
        while cursor < bytes.count {
            switch bytes[cursor] {
            case UInt8(ascii: "\""):
                if !isASCII { try checkUTF8(start..<cursor) }
                position = cursor + 1
                return (start..<cursor, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                cursor += 2  // an escaped quote does not end the string
            case 0..<0x20:
                throw JSONError(
                    .controlCharacter,
                    at: cursor,
                    "raw control character 0x\(String(bytes[cursor], radix: 16)) in a string",
                    remedy: "Escape it as \\u00XX"
                )
            case 0x80...:
                isASCII = false
                cursor += 1
            default:
                cursor += 1
            }
        }
        throw endOfText()
    }

    private func checkUTF8(_ range: Range<Int>) throws(JSONError) {
        if let fault = UnsafeRawBufferPointer(rebasing: bytes[range]).firstFaultInUTF8() {
            throw JSONError(
                .invalidUTF8,
                at: range.lowerBound + fault,
                "bytes that are not UTF-8 in a string",
                remedy: "Encode text as UTF-8, and bytes as base64 or as a binary tensor"
            )
        }
    }

    private func unescape(_ range: Range<Int>) throws(JSONError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var cursor = range.lowerBound
        while cursor < range.upperBound {
            let byte = bytes[cursor]
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                cursor += 1
                continue
            }
            let start = cursor
            cursor += 2
            switch bytes[start + 1] {
            case UInt8(ascii: "\""): result.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): result.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                result.append(contentsOf: try unicode(&cursor, escapeAt: start, end: range.upperBound))
            default: throw JSONError(.invalidEscape, at: start, "an escape that JSON does not know")
            }
        }
        return result
    }

    /// Reads the digits after `\u`, and the second half of a pair where the first asks for one.
    private func unicode(_ cursor: inout Int, escapeAt start: Int, end: Int) throws(JSONError) -> UTF8.EncodedScalar {
        let first = try fourHexDigits(&cursor, escapeAt: start, end: end)
        var scalar = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            let second = cursor
            guard cursor + 2 <= end, bytes[cursor] == UInt8(ascii: "\\"), bytes[cursor + 1] == UInt8(ascii: "u") else {
                throw loneSurrogate(start)
            }
            cursor += 2
            let trail = try fourHexDigits(&cursor, escapeAt: second, end: end)
            guard UTF16.isTrailSurrogate(trail) else { throw loneSurrogate(start) }
            scalar = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(scalar), let encoded = UTF8.encode(scalar) else { throw loneSurrogate(start) }
        return encoded
    }

    private func fourHexDigits(_ cursor: inout Int, escapeAt start: Int, end: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard cursor < end, let digit = bytes[cursor].hexDigitValue else {
                throw JSONError(.invalidEscape, at: start, "\\u without four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            cursor += 1
        }
        return value
    }

    private func loneSurrogate(_ offset: Int) -> JSONError {
        JSONError(
            .loneSurrogate,
            at: offset,
            "half of a surrogate pair",
            remedy: "Escape characters beyond U+FFFF as two \\u escapes"
        )
    }
}
