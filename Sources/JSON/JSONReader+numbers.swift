extension JSONReader {
    /// The next value, which must be a number, correctly rounded.
    public mutating func readDouble() throws(JSONError) -> Double {
        _ = try nextByte()
        let start = position
        let number = try scanNumber()
        return number.double(of: text(from: start))
    }

    /// The next value, which must be a number, correctly rounded to a `Float` in one step.
    public mutating func readFloat() throws(JSONError) -> Float {
        _ = try nextByte()
        let start = position
        let number = try scanNumber()
        return number.float(of: text(from: start))
    }

    /// The next value, which must be a number with an integer value that the type can hold.
    ///
    /// `2.0` is taken for 2 where it is below 2^53, as many clients print integers that way.
    @_specialize(where Integer == Int)
    @_specialize(where Integer == Int64)
    public mutating func readInteger<Integer: FixedWidthInteger>(
        as type: Integer.Type = Integer.self
    ) throws(JSONError) -> Integer {
        _ = try nextByte()
        let start = position
        let number = try scanNumber()
        // 64 bits have up to 20 digits, the significand 19.
        let value =
            number.isTruncated ? Integer(String(decoding: text(from: start), as: UTF8.self)) : number.integer(as: type)
        guard let value else {
            throw JSONError(
                .numberOutOfRange,
                at: start,
                "the number \(excerpt(from: start)) is no \(type)",
                remedy: "Send an integer from \(Integer.min) to \(Integer.max)"
            )
        }
        return value
    }

    mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = position
        let number = try scanNumber()
        if number.isInteger, !(number.significand == 0 && number.isNegative), let value = number.integer(as: Int64.self)
        {
            return .integer(value)
        }
        return .number(number.double(of: text(from: start)))
    }

    /// Passes a number that begins at `position`.
    @inline(__always)
    mutating func scanNumber() throws(JSONError) -> ScannedNumber {
        let start = position
        var cursor = start
        let isNegative = bytes[cursor] == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        guard cursor < bytes.count else { throw endOfText() }

        var significand: UInt64 = 0
        let digitsStart = cursor
        guard scanDigits(&cursor, into: &significand) > 0 else { return try scanSpecial(isNegative: isNegative) }
        guard bytes[digitsStart] != UInt8(ascii: "0") || cursor == digitsStart + 1 else {
            throw invalidNumber(start, "a leading zero")
        }
        var digits = cursor - digitsStart
        var exponent = 0
        var isInteger = true

        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
            cursor += 1
            isInteger = false
            let fraction = scanDigits(&cursor, into: &significand)
            guard fraction > 0 else { throw invalidNumber(start, "a point without digits after it") }
            exponent = -fraction
            digits += fraction
        }
        if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            exponent += try scanExponent(&cursor, numberAt: start)
        }
        position = cursor
        let isTruncated = digits > 19 && digits - leadingZeros(from: digitsStart) > 19
        return ScannedNumber(
            significand: significand,
            exponent: exponent,
            isNegative: isNegative,
            isInteger: isInteger,
            isTruncated: isTruncated
        )
    }

    /// Passes digits, up to eight at a time without a branch for each, and returns how many.
    @inline(__always)
    private func scanDigits(_ cursor: inout Int, into significand: inout UInt64) -> Int {
        let start = cursor
        while bytes.count - cursor >= 8 {
            let chunk = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            let digits = chunk ^ 0x3030_3030_3030_3030
            // A byte above 9 leaves a bit in its upper half. Its carry reaches only later bytes, which do not count.
            let stops = (digits &+ 0x0606_0606_0606_0606 | digits) & 0xF0F0_F0F0_F0F0_F0F0
            let count = stops.trailingZeroBitCount >> 3  // 8 without a stop
            guard count > 0 else { return cursor - start }
            // What follows the digits is shifted out, and zeros come before them.
            significand = significand &* Self.tens[count] &+ Self.value(of: digits &<< UInt64(64 - count * 8))
            cursor += count
            guard count == 8 else { return cursor - start }
        }
        while cursor < bytes.count {
            let digit = bytes[cursor] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            significand = significand &* 10 &+ UInt64(digit)
            cursor += 1
        }
        return cursor - start
    }

    private static let tens: [UInt64] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

    /// The value of eight digits, each a byte of 0 to 9, the first in the lowest byte.
    ///
    /// Neighbours are joined to pairs, pairs to fours and fours to eight, all at once within the word
    /// (D. Lemire, 2018, "Quickly parsing eight digits").
    @inline(__always)
    private static func value(of digits: UInt64) -> UInt64 {
        let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
    }

    private func scanExponent(_ cursor: inout Int, numberAt start: Int) throws(JSONError) -> Int {
        cursor += 1
        var isNegative = false
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "-") || bytes[cursor] == UInt8(ascii: "+") {
            isNegative = bytes[cursor] == UInt8(ascii: "-")
            cursor += 1
        }
        let digits = cursor
        var value = 0
        while cursor < bytes.count, case let digit = bytes[cursor] &- UInt8(ascii: "0"), digit < 10 {
            value = min(value * 10 + Int(digit), 1_000_000)  // far beyond any double, and it cannot overflow
            cursor += 1
        }
        guard cursor > digits else { throw invalidNumber(start, "an exponent without digits") }
        return isNegative ? -value : value
    }

    /// How many of the digits from here on are zeros before the first other one.
    private func leadingZeros(from start: Int) -> Int {
        var zeros = 0
        for byte in bytes[start..<position] {
            if byte == UInt8(ascii: "0") { zeros += 1 } else if byte != UInt8(ascii: ".") { break }
        }
        return zeros
    }

    private mutating func scanSpecial(isNegative: Bool) throws(JSONError) -> ScannedNumber {
        let start = position
        if limits.acceptsNonFinite {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            if rest.starts(with: "NaN".utf8) {
                position += 3
                return ScannedNumber(special: .nan)
            }
            let infinity = isNegative ? "-Infinity" : "Infinity"
            if rest.starts(with: infinity.utf8) {
                position += infinity.utf8.count
                return ScannedNumber(special: isNegative ? -.infinity : .infinity)
            }
        }
        let byte = bytes[start]
        guard isNegative || byte == UInt8(ascii: "N") || byte == UInt8(ascii: "I") else { throw mismatch("a number") }
        throw invalidNumber(start, "no digits")
    }

    func text(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    private func excerpt(from start: Int) -> String {
        String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
    }

    private func invalidNumber(_ offset: Int, _ fault: String) -> JSONError {
        JSONError(.invalidNumber, at: offset, "a number with \(fault)")
    }
}
