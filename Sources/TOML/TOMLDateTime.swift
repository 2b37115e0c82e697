/// A date, a time, or both, checked against the calendar; our files hold none, so nothing is computed from it.
package struct TOMLDateTime: Sendable, Hashable {
    /// Which parts are there.
    package enum Kind: Sendable, Hashable {
        /// A date and a time at a known distance from UTC.
        case offsetDateTime
        /// A date and a time of no known place.
        case localDateTime
        /// A date.
        case localDate
        /// A time of day.
        case localTime
    }

    /// Which parts are there.
    package let kind: Kind
    /// RFC 3339's spelling, with `T` and `Z` in capitals.
    package let text: String

    /// Reads `1979-05-27T07:32:00Z` and its parts; nil for anything else, and for days that the calendar lacks.
    init?(_ token: some Collection<UInt8>) {
        var digits = DigitReader(token)
        if digits.count > 2, digits[2] == UInt8(ascii: ":") {
            guard digits.readTime(), digits.isAtEnd else { return nil }
            kind = .localTime
        } else {
            guard digits.readDate() else { return nil }
            if digits.isAtEnd {
                kind = .localDate
            } else {
                guard digits.read(anyOf: "Tt ", as: "T"), digits.readTime() else { return nil }
                if digits.isAtEnd {
                    kind = .localDateTime
                } else {
                    guard digits.readOffset(), digits.isAtEnd else { return nil }
                    kind = .offsetDateTime
                }
            }
        }
        text = String(decoding: digits.bytes, as: UTF8.self)
    }
}

/// Reads fields of a fixed number of digits, and puts separators into their canonical spelling.
private struct DigitReader {
    private(set) var bytes: [UInt8]
    private var offset = 0

    init(_ token: some Collection<UInt8>) { bytes = Array(token) }

    var count: Int { bytes.count }
    var isAtEnd: Bool { offset == bytes.count }

    subscript(index: Int) -> UInt8 { bytes[index] }

    mutating func readDate() -> Bool {
        guard let year = field(4), read(anyOf: "-"), let month = field(2), (1...12).contains(month), read(anyOf: "-"),
            let day = field(2)
        else { return false }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    mutating func readTime() -> Bool {
        guard let hour = field(2), hour < 24, read(anyOf: ":"), let minute = field(2), minute < 60, read(anyOf: ":"),
            let second = field(2), second < 60
        else { return false }
        guard read(anyOf: ".") else { return true }
        let start = offset
        while !isAtEnd, isDigit(bytes[offset]) { offset += 1 }
        return offset > start
    }

    mutating func readOffset() -> Bool {
        if read(anyOf: "Zz", as: "Z") { return true }
        guard read(anyOf: "+-"), let hours = field(2), hours < 24, read(anyOf: ":"), let minutes = field(2) else {
            return false
        }
        return minutes < 60
    }

    /// Steps over one of the characters, and writes the canonical one in its place.
    mutating func read(anyOf characters: String, as canonical: Unicode.Scalar? = nil) -> Bool {
        guard !isAtEnd, characters.utf8.contains(bytes[offset]) else { return false }
        if let canonical { bytes[offset] = UInt8(ascii: canonical) }
        offset += 1
        return true
    }

    private mutating func field(_ digits: Int) -> Int? {
        guard offset + digits <= bytes.count, bytes[offset..<offset + digits].allSatisfy(isDigit) else { return nil }
        defer { offset += digits }
        return bytes[offset..<offset + digits].reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
