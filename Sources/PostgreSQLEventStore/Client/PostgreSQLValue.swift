/// A parameter of a statement.
///
/// Bytes travel as they are; all else as text, whose type the server takes from the statement.
enum PostgreSQLValue {
    case null
    case text(String)
    case bytes([UInt8])

    init(_ number: Int64) { self = .text(String(number)) }

    init(_ number: Int) { self = .text(String(number)) }

    init(_ number: Double) { self = .text("\(number)") }

    init(_ text: String) { self = .text(text) }

    init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    init(_ number: Int64?) { self = number.map { .text(String($0)) } ?? .null }

    /// An array of whole numbers.
    init(_ numbers: some Sequence<Int64>) {
        self = .text("{\(numbers.map { String($0) }.joined(separator: ","))}")
    }

    /// An array of numbers, some of which may be absent.
    init(_ numbers: some Sequence<Double?>) {
        self = .text("{\(numbers.map { $0.map { "\($0)" } ?? "NULL" }.joined(separator: ","))}")
    }

    /// An array of texts.
    init(_ texts: some Sequence<String>) {
        self = .text("{\(texts.map(Self.quoted).joined(separator: ","))}")
    }

    /// An array of byte strings.
    init(hexadecimal values: some Sequence<[UInt8]>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += #""\\x"#.utf8
            for byte in value { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        self = .text(String(decoding: text, as: UTF8.self))
    }

    /// A text as an element of an array literal.
    private static func quoted(_ text: String) -> String {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "\""))
        return String(decoding: quoted, as: UTF8.self)
    }

    /// The bytes on the wire; nil for null.
    ///
    /// A text of PostgreSQL cannot hold the character NUL: U+FFFD stands for it.
    var wire: [UInt8]? {
        switch self {
        case .null: nil
        case .bytes(let bytes): bytes
        case .text(let text): Self.storable(text)
        }
    }

    var isBinary: Bool { if case .bytes = self { true } else { false } }

    static func storable(_ text: String) -> [UInt8] {
        text.utf8.contains(0)
            ? Array(text.utf8.map { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] }.joined()) : Array(text.utf8)
    }
}
