import Glibc

/// A number as it was written: `±significand × 10^exponent`, before it becomes binary.
///
/// Conversions are correctly rounded. Three exact ways are tried in order of cost, and what none of them can do, more
/// than 19 digits or a far exponent, goes to the C library on the text itself:
///
/// 1. a significand below 2^53 and a power of ten up to 22 are both exact doubles, so one operation rounds once
///    (W. D. Clinger, 1990, "How to read floating point numbers accurately");
/// 2. `5^|exponent|` up to 27 fits 64 bits, so the product or the quotient is exact in 128 bits and is rounded by hand;
/// 3. for `Float`, an approximation in double that lies clear of every tie between two floats settles it.
struct ScannedNumber {
    var significand: UInt64
    var exponent: Int
    var isNegative: Bool
    /// No fraction, no exponent.
    var isInteger: Bool
    /// More than 19 significant digits: the significand is worthless.
    var isTruncated: Bool
    /// NaN or an infinity, named by a token.
    var special: Double?

    init(special: Double) {
        self.init(significand: 0, exponent: 0, isNegative: false, isInteger: false, isTruncated: false)
        self.special = special
    }

    init(significand: UInt64, exponent: Int, isNegative: Bool, isInteger: Bool, isTruncated: Bool) {
        self.significand = significand
        self.exponent = exponent
        self.isNegative = isNegative
        self.isInteger = isInteger
        self.isTruncated = isTruncated
    }

    /// The nearest double, infinite beyond the largest one.
    func double(of text: UnsafeRawBufferPointer) -> Double {
        if let special { return special }
        guard !isTruncated else { return Self.parse(text) { strtod($0, nil) } }
        if significand == 0 { return isNegative ? -0.0 : 0 }
        if significand <= 1 << 53, abs(exponent) <= 22 {
            return approximate
        }
        guard let magnitude = roundedExactly else { return Self.parse(text) { strtod($0, nil) } }
        return isNegative ? -magnitude : magnitude
    }

    /// The nearest float, infinite beyond the largest one.
    @inline(__always)
    func float(of text: @autoclosure () -> UnsafeRawBufferPointer) -> Float {
        if !isTruncated, exponent >= -22, exponent <= 22, special == nil {
            // Three roundings at most, each of 2^-53 of the value, so within three units of the double's last place, of
            // which 2^29 make one of the float's. Below the smallest normal float the places differ.
            let magnitude = Double(significand) * Self.scales[exponent + 22]
            let value = isNegative ? -magnitude : magnitude
            let places = value.bitPattern & 0x1FFF_FFFF
            if value.magnitude >= 0x1p-126, places &- 0x0FFF_FFFC > 8 { return Float(value) }
            if significand == 0 { return Float(value) }
        }
        return slowFloat(of: text())
    }

    @inline(never)
    private func slowFloat(of text: UnsafeRawBufferPointer) -> Float {
        if let special { return Float(special) }
        return Self.parse(text) { strtof($0, nil) }
    }

    /// The integer, nil where the text has a fraction or the type has no such value.
    func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
        guard special == nil, !isTruncated else { return nil }
        guard isInteger else { return integralValue(as: type) }
        if !isNegative { return Integer(exactly: significand) }
        if significand == 1 << 63 { return Integer(exactly: Int64.min) }
        return Int64(exactly: significand).flatMap { Integer(exactly: -$0) }
    }

    /// `2.0` and `1e3` are integers too, up to 2^53.
    private func integralValue<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
        guard significand <= 1 << 53, abs(exponent) <= 22 else { return nil }
        let value = approximate
        return value.magnitude <= 0x1p53 ? Integer(exactly: value) : nil
    }

    /// One product or quotient of doubles; exact but for its rounding when the significand is at most 2^53.
    private var approximate: Double {
        let magnitude =
            exponent < 0 ? Double(significand) / Self.tens[-exponent] : Double(significand) * Self.tens[exponent]
        return isNegative ? -magnitude : magnitude
    }

    /// The magnitude from exact 128-bit arithmetic, nil when `5^|exponent|` does not fit 64 bits.
    private var roundedExactly: Double? {
        guard abs(exponent) < Self.fives.count else { return nil }
        let five = Self.fives[abs(exponent)]
        let shift = significand.leadingZeroBitCount
        let spread = five.leadingZeroBitCount
        let normal = significand << UInt64(shift)
        let factor = five << UInt64(spread)
        if exponent >= 0 {
            let (high, low) = normal.multipliedFullWidth(by: factor)
            return Self.round(high: high, low: low, power: exponent - shift - spread)
        }
        // Halving the dividend keeps the quotient, which then has 63 or 64 bits, within one word.
        let (quotient, remainder) = factor.dividingFullWidth((normal >> 1, normal << 63))
        return Self.round(high: quotient, low: remainder, power: exponent - shift + spread - 127)
    }

    /// Rounds `(high × 2^64 + low) × 2^power`, half to even, where `high` has at least 62 bits.
    ///
    /// So `low` reaches at most the last two of the 11 bits that are rounded away, and only whether it is 0 matters.
    private static func round(high: UInt64, low: UInt64, power: Int) -> Double {
        let shift = high.leadingZeroBitCount
        let top = shift == 0 ? high : high << UInt64(shift) | low >> UInt64(64 - shift)
        let isInexact = low << UInt64(shift) != 0
        let rest = top & 0x7FF
        var kept = top >> 11
        if rest > 0x400 || (rest == 0x400 && (isInexact || kept & 1 == 1)) { kept += 1 }
        // All values here are between 10^-27 and 2^64 × 10^27, so the power of two is normal and the product exact.
        return Double(kept) * Double(bitPattern: UInt64(power + 64 + 11 - shift + 1023) << 52)
    }

    /// Runs a C conversion on a terminated copy; our processes never leave the C locale.
    private static func parse<Value>(_ text: UnsafeRawBufferPointer, _ convert: (UnsafePointer<CChar>) -> Value)
        -> Value
    {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
            for (index, byte) in text.enumerated() { copy.initializeElement(at: index, to: CChar(bitPattern: byte)) }
            copy.initializeElement(at: text.count, to: 0)
            return convert(UnsafePointer(copy.baseAddress.unsafelyUnwrapped))
        }
    }

    private static let tens: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// 10^-22 to 10^22, each the nearest double: a product is quicker than a quotient where it need not be exact.
    private static let scales: [Double] = [
        1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7,
        1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
        1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    private static let fives: [UInt64] = {
        var powers: [UInt64] = [1]
        while powers.count < 28 { powers.append(powers[powers.count - 1] * 5) }
        return powers
    }()
}
