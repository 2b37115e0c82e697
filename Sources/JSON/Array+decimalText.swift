extension [UInt8] {
    /// Appends an integer in decimal.
    mutating func appendDecimal(_ value: some FixedWidthInteger) {
        guard let magnitude = UInt64(exactly: value.magnitude) else {
            append(contentsOf: String(value).utf8)
            return
        }
        appendNumber { text in
            text.prepend(decimal: magnitude)
            if value < 0 { text.prepend(UInt8(ascii: "-")) }
        }
    }

    /// Appends the shortest text that reads back as the same double, `null` where it is not finite.
    mutating func appendShortest(_ value: Double) {
        guard value.isFinite else { return append(contentsOf: "null".utf8) }
        var text = value.description
        text.withUTF8 { append(contentsOf: $0) }
    }

    /// Appends the shortest text that reads back as the same float, the nearest of those; `null` where it is not finite.
    ///
    /// The text is that of `Float.description`, at a third of its cost for magnitudes from 2^-13 to 2^24, where the
    /// ends of the interval that rounds to the float, times `10^decimals` up to `10^11`, are exact doubles: at most 26
    /// bits times `5^11`, which has 26. So the fewest decimals with an integer between the scaled ends are found
    /// without an error, and by few steps, as having one for some number of decimals means having one for more.
    mutating func appendShortest(_ value: Float) {
        guard value.isFinite else { return append(contentsOf: "null".utf8) }
        let magnitude = value.magnitude
        guard magnitude > 0x1p-13, magnitude < 0x1p24 else {
            if value == 0 { return append(contentsOf: (value.sign == .minus ? "-0.0" : "0.0").utf8) }
            var text = value.description
            text.withUTF8 { append(contentsOf: $0) }
            return
        }
        let (digits, decimals) = Self.shortestDecimal(magnitude)
        appendNumber { text in
            let rest = text.prepend(decimals: decimals, of: digits)
            text.prepend(UInt8(ascii: "."))
            text.prepend(decimal: rest)
            if value < 0 { text.prepend(UInt8(ascii: "-")) }
        }
    }

    /// The fewest decimals, at least one, and the digits with them: `magnitude` is read back from `digits / 10^decimals`.
    private static func shortestDecimal(_ magnitude: Float) -> (digits: UInt64, decimals: Int) {
        let whole = UInt64(magnitude)
        if Float(whole) == magnitude { return (whole * 10, 1) }
        let interval = RoundingInterval(magnitude)
        // 10^-decimals is at most the interval's width, which is the lower gap at least, so an integer lies within.
        var decimals = sufficientDecimals[Int(-magnitude.nextDown.ulp.exponent)]
        while decimals > 1, interval.holdsInteger(scaledBy: tens[decimals - 1]) { decimals -= 1 }
        return (interval.nearestInteger(to: Double(magnitude), scaledBy: tens[decimals]), decimals)
    }

    /// Appends what `write` has put in front of the end of a number's text.
    @inline(__always)
    private mutating func appendNumber(_ write: (inout NumberText) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.capacity) { buffer in
            var text = NumberText(buffer: buffer)
            write(&text)
            append(contentsOf: UnsafeBufferPointer(rebasing: buffer[text.start...]))
        }
    }

    private static let tens: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11]

    /// By `k`, the smallest `d` with `10^-d` at most `2^-k`; for k up to 36.
    private static let sufficientDecimals: [Int] = (0...36).map { places in
        tens.firstIndex { 1 / $0 <= Double(sign: .plus, exponent: -places, significand: 1) } ?? tens.count - 1
    }
}

/// The text of one number, written from its end, where the digits come off.
private struct NumberText {
    static let capacity = 32  // 20 digits, a sign and a point, with room to spare

    let buffer: UnsafeMutableBufferPointer<UInt8>
    var start = NumberText.capacity

    init(buffer: UnsafeMutableBufferPointer<UInt8>) {
        self.buffer = buffer
    }

    mutating func prepend(_ byte: UInt8) {
        start -= 1
        buffer.initializeElement(at: start, to: byte)
    }

    /// Writes all digits of a number.
    mutating func prepend(decimal number: UInt64) {
        var rest = number
        repeat { rest = prepend(decimals: 1, of: rest) } while rest > 0
    }

    /// Writes the last so many digits of a number and returns what is left of it.
    mutating func prepend(decimals: Int, of number: UInt64) -> UInt64 {
        var rest = number
        for _ in 0..<decimals {
            let quotient = rest / 10
            prepend(UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ UInt8(ascii: "0"))
            rest = quotient
        }
        return rest
    }
}

/// The reals that round to one positive float with a fraction, in doubles, which hold its ends exactly.
///
/// Whether the ends belong to it does not matter: with an ulp of `2^-k` they have `k + 1` decimals or more, and no text
/// that is tried here has as many.
private struct RoundingInterval {
    let low: Double
    let high: Double

    init(_ value: Float) {
        let exact = Double(value)
        low = (exact + Double(value.nextDown)) / 2
        high = (exact + Double(value.nextUp)) / 2
    }

    func contains(_ integer: UInt64, scaledBy ten: Double) -> Bool {
        low * ten <= Double(integer) && Double(integer) <= high * ten
    }

    func holdsInteger(scaledBy ten: Double) -> Bool {
        contains(UInt64(low * ten) + 1, scaledBy: ten)
    }

    /// The integer nearest to the value among those within; there must be one.
    func nearestInteger(to exact: Double, scaledBy ten: Double) -> UInt64 {
        let scaled = exact * ten
        let below = UInt64(scaled)
        let distance = scaled - Double(below)
        let isUp = distance > 0.5 || (distance == 0.5 && below & 1 == 1)
        let preferred = isUp ? below + 1 : below
        return contains(preferred, scaledBy: ten) ? preferred : (isUp ? below : below + 1)
    }
}
