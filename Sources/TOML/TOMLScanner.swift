/// The bytes of a document and how far they are read: blanks, comments, line ends and places.
struct TOMLScanner {
    private let bytes: [UInt8]
    private(set) var offset = 0
    private var line = 1
    /// The column of the byte at `counted`, from which the next place is counted: so all places together cost one pass.
    private var column = 1
    private var counted = 0

    /// A byte order mark before the first character, which some editors write, is no part of the text.
    init(_ text: String) {
        bytes = Array(text.utf8.starts(with: "\u{FEFF}".utf8) ? text.utf8.dropFirst(3) : text.utf8[...])
    }

    /// The byte that comes next, or nil at the end.
    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// A byte further on.
    func peek(_ distance: Int) -> UInt8? { offset + distance < bytes.count ? bytes[offset + distance] : nil }

    /// The bytes from an earlier offset up to here.
    func bytes(from start: Int) -> ArraySlice<UInt8> { bytes[start..<offset] }

    /// Steps over bytes that end no line.
    mutating func advance(by count: Int = 1) { offset += count }

    /// Steps over a byte if it comes next.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    /// Where the next byte stands.
    mutating func position() -> TOMLPosition {
        // Bytes 10xxxxxx continue a character.
        for byte in bytes[counted..<offset] where byte & 0xC0 != 0x80 { column += 1 }
        counted = offset
        return TOMLPosition(line: line, column: column)
    }

    /// Steps over the end of a line, `\n` or `\r\n`.
    mutating func takeLineEnd() -> Bool {
        switch (current, peek(1)) {
        case (UInt8(ascii: "\n"), _): offset += 1
        case (UInt8(ascii: "\r"), UInt8(ascii: "\n")): offset += 2
        default: return false
        }
        line += 1
        column = 1
        counted = offset
        return true
    }

    /// Steps over spaces and tabs.
    mutating func skipBlanks() {
        while let byte = current, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { offset += 1 }
    }

    /// Steps over blanks, comments and line ends, to the next thing that means something.
    mutating func skipToContent() throws(TOMLError) {
        repeat {
            skipBlanks()
            try skipComment()
        } while takeLineEnd()
    }

    /// Steps over a comment, if one comes next, up to the end of its line.
    mutating func skipComment() throws(TOMLError) {
        guard current == UInt8(ascii: "#") else { return }
        while let byte = current, byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: "\r"), peek(1) == UInt8(ascii: "\n") { return }
            try refuseControlCharacter(byte, in: "a comment", remedy: "Remove it")
            offset += 1
        }
    }

    /// - Throws: `.invalidSyntax` for a byte that may stand nowhere but, as a line end, between lines.
    mutating func refuseControlCharacter(_ byte: UInt8, in place: String, remedy: String) throws(TOMLError) {
        guard byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F else { return }
        throw error("\(place) holds the control character \(Self.escape(byte))", remedy: remedy)
    }

    /// How an error shows what comes next: a character in quotes, or what else there is.
    var shown: String {
        guard let byte = current else { return "the end of the text" }
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return "the end of the line" }
        guard byte >= 0x20, byte != 0x7F else { return Self.escape(byte) }
        let character = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self).unicodeScalars
        return "'\(character.first.map(String.init) ?? "")'"
    }

    /// A mistake at a place, or at the next byte.
    mutating func error(_ message: String, remedy: String, at place: TOMLPosition? = nil) -> TOMLError {
        TOMLError(.invalidSyntax, message, remedy: remedy, at: place ?? position())
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
