extension TOMLScanner {
    /// Reads a value that is written without quotes or brackets: true, false, a number, a date or a time.
    mutating func scalar() throws(TOMLError) -> TOMLValue.Content {
        let place = position()
        let start = offset
        skipScalar()
        if let next = current, next == UInt8(ascii: " "), isDate(bytes(from: start)), let digit = peek(1),
            isDigit(digit), let second = peek(2), isDigit(second), peek(3) == UInt8(ascii: ":")
        {
            // A space may stand in place of the T between date and time.
            advance()
            skipScalar()
        }
        let token = bytes(from: start)
        let text = String(decoding: token, as: UTF8.self)
        switch text {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "":
            throw error("a value should stand before \(shown)", remedy: "Give text in quotes, a number, true or false")
        default: break
        }
        if isDate(token) || isTime(token) {
            guard let value = TOMLDateTime(token) else {
                throw error(
                    "\(text) is no date or time",
                    remedy: "Write it as 1979-05-27, 07:32:00 or 1979-05-27T07:32:00Z",
                    at: place
                )
            }
            return .dateTime(value)
        }
        switch TOMLNumber(text) {
        case .integer(let integer): return .integer(integer)
        case .number(let number): return .number(number)
        case .outOfRange:
            throw error(
                "\(text) is too large",
                remedy: "Whole numbers have 64 bits, others go to 1.8e308; put more digits in quotes",
                at: place
            )
        case nil:
            throw error(
                "\(text) is no value",
                remedy: "Put text in quotes; numbers have no zeros in front, and digits on both sides of a point",
                at: place
            )
        }
    }

    private mutating func skipScalar() {
        while let byte = current, isBareKeyByte(byte) || "+.:".utf8.contains(byte) { advance() }
    }

    /// Whether a byte may stand in a key without quotes.
    func isBareKeyByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || "_-".utf8.contains(byte)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func isDate(_ token: ArraySlice<UInt8>) -> Bool {
        token.prefix(4).allSatisfy(isDigit) && token.dropFirst(4).first == UInt8(ascii: "-")
    }

    private func isTime(_ token: ArraySlice<UInt8>) -> Bool {
        token.prefix(2).allSatisfy(isDigit) && token.dropFirst(2).first == UInt8(ascii: ":")
    }
}

/// A number as TOML writes it.
enum TOMLNumber {
    case integer(Int64)
    case number(Double)
    /// The spelling is right, and the number has no place in 64 bits.
    case outOfRange

    /// Reads `-17`, `1_000`, `0xFF`, `0o755`, `0b11`, `6.02e23`, `inf`, `nan`; nil for anything else.
    init?(_ text: String) {
        let unsigned = text.first == "+" || text.first == "-" ? text.dropFirst() : text[...]
        let isNegative = text.first == "-"
        switch unsigned {
        case "inf": self = .number(isNegative ? -.infinity : .infinity)
        case "nan": self = .number(.nan)
        default:
            let radix = ["0x": 16, "0o": 8, "0b": 2][unsigned.prefix(2)]
            if let radix, unsigned.startIndex == text.startIndex {
                self.init(digits: unsigned.dropFirst(2), radix: radix)
            } else {
                self.init(unsigned: unsigned, sign: isNegative ? "-" : "")
            }
        }
    }

    private init?(digits: Substring, radix: Int) {
        guard Self.areDigits(digits, radix: radix) else { return nil }
        self = Int64(Self.withoutUnderscores(digits), radix: radix).map { .integer($0) } ?? .outOfRange
    }

    private init?(unsigned: Substring, sign: String) {
        let exponentMark = unsigned.firstIndex { $0 == "e" || $0 == "E" }
        let significand = unsigned[..<(exponentMark ?? unsigned.endIndex)]
        let point = significand.firstIndex(of: ".")
        let whole = significand[..<(point ?? significand.endIndex)]
        guard Self.areDigits(whole, radix: 10), whole == "0" || whole.first != "0" else { return nil }
        if let point {
            guard Self.areDigits(significand[point...].dropFirst(), radix: 10) else { return nil }
        }
        if let exponentMark {
            let exponent = unsigned[exponentMark...].dropFirst()
            let digits = exponent.first == "+" || exponent.first == "-" ? exponent.dropFirst() : exponent
            guard Self.areDigits(digits, radix: 10) else { return nil }
        }
        let plain = sign + Self.withoutUnderscores(unsigned)
        if point == nil, exponentMark == nil {
            self = Int64(plain).map { .integer($0) } ?? .outOfRange
        } else {
            guard let number = Double(plain) else { return nil }
            self = number.isFinite ? .number(number) : .outOfRange
        }
    }

    /// Digits with single underscores between them.
    private static func areDigits(_ text: Substring, radix: Int) -> Bool {
        guard text.utf8.first != UInt8(ascii: "_"), text.utf8.last != UInt8(ascii: "_"), !text.isEmpty else {
            return false
        }
        var isAfterUnderscore = false
        for character in text {
            let isUnderscore = character == "_"
            guard
                isUnderscore
                    ? !isAfterUnderscore : character.isASCII && character.hexDigitValue.map({ $0 < radix }) == true
            else { return false }
            isAfterUnderscore = isUnderscore
        }
        return true
    }

    private static func withoutUnderscores(_ text: Substring) -> String { String(text.filter { $0 != "_" }) }
}
