extension TOMLScanner {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Whether a string of one of the four forms comes next.
    var isAtString: Bool { current == Self.quote || current == UInt8(ascii: "'") }

    /// Whether a string that may span lines comes next.
    var isAtLongString: Bool { isAtString && peek(1) == current && peek(2) == current }

    /// Reads a string: in double quotes with escapes, in single quotes without, in three of either over several lines.
    ///
    /// Line ends within it become `\n`.
    mutating func string() throws(TOMLError) -> String {
        let start = position()
        let delimiter = current ?? Self.quote
        let text = isAtLongString ? try longString(delimiter, from: start) : try shortString(delimiter, from: start)
        // Bytes of a valid text and whole escaped characters: valid again.
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func shortString(_ delimiter: UInt8, from start: TOMLPosition) throws(TOMLError) -> [UInt8] {
        advance()
        var text: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
            if byte == delimiter {
                advance()
                return text
            }
            try character(byte, isEscaped: delimiter == Self.quote, into: &text)
        }
        throw error(
            "text is not closed before \(shown)",
            remedy: "Close it with the quote that opens it, or use three quotes for text of several lines",
            at: start
        )
    }

    private mutating func longString(_ delimiter: UInt8, from start: TOMLPosition) throws(TOMLError) -> [UInt8] {
        advance(by: 3)
        _ = takeLineEnd()
        var text: [UInt8] = []
        while let byte = current {
            if byte == delimiter {
                // Up to two quotes may stand right before the three that close.
                var run = 1
                while run < 5, peek(run) == delimiter { run += 1 }
                advance(by: run)
                text += repeatElement(delimiter, count: run >= 3 ? run - 3 : run)
                if run >= 3 { return text }
            } else if takeLineEnd() {
                text.append(UInt8(ascii: "\n"))
            } else if byte == Self.backslash, delimiter == Self.quote, isAtLineContinuation {
                advance()
                repeat { skipBlanks() } while takeLineEnd()
            } else {
                try character(byte, isEscaped: delimiter == Self.quote, into: &text)
            }
        }
        throw error("text of several lines is not closed", remedy: "Close it with three quotes", at: start)
    }

    /// A backslash with nothing but blanks after it on its line.
    private var isAtLineContinuation: Bool {
        var distance = 1
        while let byte = peek(distance), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { distance += 1 }
        return peek(distance) == UInt8(ascii: "\n")
            || peek(distance) == UInt8(ascii: "\r") && peek(distance + 1) == UInt8(ascii: "\n")
    }

    private mutating func character(_ byte: UInt8, isEscaped: Bool, into text: inout [UInt8]) throws(TOMLError) {
        if byte == Self.backslash, isEscaped {
            text += try escape()
        } else {
            try refuseControlCharacter(byte, in: "text", remedy: "Write it as an escape, such as \"\\u0000\"")
            text.append(byte)
            advance()
        }
    }

    private mutating func escape() throws(TOMLError) -> [UInt8] {
        let start = position()
        advance()
        let letter = current
        let name = shown
        if letter != nil { advance() }
        switch letter {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case Self.quote: return [Self.quote]
        case Self.backslash: return [Self.backslash]
        case UInt8(ascii: "u"): return try escapedCharacter(digits: 4, from: start)
        case UInt8(ascii: "U"): return try escapedCharacter(digits: 8, from: start)
        default:
            throw error(
                "a backslash comes before \(name)",
                remedy: "Write \\\\ for a backslash, or put the text in single quotes",
                at: start
            )
        }
    }

    private mutating func escapedCharacter(digits: Int, from start: TOMLPosition) throws(TOMLError) -> [UInt8] {
        let first = offset
        while offset < first + digits, let byte = current, UnicodeScalar(byte).properties.isASCIIHexDigit { advance() }
        guard offset == first + digits,
            let scalar = UInt32(String(decoding: bytes(from: first), as: UTF8.self), radix: 16)
                .flatMap(Unicode.Scalar.init)
        else {
            throw error(
                "an escape names no character",
                remedy:
                    "Write \\u and four hexadecimal digits, or \\U and eight, of a character other than a surrogate",
                at: start
            )
        }
        return Array(Character(scalar).utf8)
    }
}
