extension FuzzCases {
    /// A body with one to four faults: bits and bytes changed, lengths and numbers set to extremes, pieces cut, doubled,
    /// moved and taken from other bodies, or the end missing.
    ///
    /// - Parameter others: Bodies of the same kind, for pieces of theirs.
    package static func changed(
        _ body: [UInt8],
        among others: [[UInt8]] = [],
        using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !body.isEmpty {
            let place = Int.random(in: 0..<body.count, using: &generator)
            let length = Int.random(in: 0...min(16, body.count - place), using: &generator)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0, 1: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: body[place] = UInt8.random(in: 0...255, using: &generator)
            case 3: body[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 4: body.removeSubrange(place..<place + length)
            case 5: body.insert(contentsOf: body[place..<place + length], at: place)
            case 6: body.insert(contentsOf: "[{\"9e-}],".utf8.shuffled(using: &generator).prefix(3), at: place)
            case 7: setLength(&body, at: place, using: &generator)
            case 8: setVarint(&body, at: place, using: &generator)
            case 9: setNumber(&body, from: place, using: &generator)
            case 10: splice(&body, at: place, others, using: &generator)
            default: body.removeLast(body.count - place)
            }
        }
        return body
    }

    /// A body with one to four of its numbers in decimal digits changed, and nothing else.
    package static func withChangedNumbers(
        _ body: [UInt8],
        using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !body.isEmpty {
            setNumber(&body, from: Int.random(in: 0..<body.count, using: &generator), using: &generator)
        }
        return body
    }

    /// Puts an extreme in the place of a field of 1, 2, 4 or 8 bytes, of either order.
    private static func setLength(
        _ body: inout [UInt8],
        at place: Int,
        using generator: inout some RandomNumberGenerator
    ) {
        let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
        let most = UInt64.max >> UInt64(64 - 8 * width)
        let extremes = [
            0, 1, most, most - 1, most >> 1, most >> 1 + 1, most >> 3, UInt64(body.count), 1 << 16, 1 << 31,
        ]
        let value = extremes.randomElement(using: &generator) ?? 0
        let isBigEndian = Bool.random(using: &generator)
        for index in 0..<width where place + index < body.count {
            let shift = 8 * (isBigEndian ? width - 1 - index : index)
            body[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(shift))
        }
    }

    /// Puts a long number of protobuf's or MessagePack's kind in the place of a byte.
    private static func setVarint(
        _ body: inout [UInt8],
        at place: Int,
        using generator: inout some RandomNumberGenerator
    ) {
        let bytes = [UInt8](repeating: 0xFF, count: Int.random(in: 1...10, using: &generator))
        body.replaceSubrange(
            place...place,
            with: bytes + [[0x00, 0x01, 0x07, 0x7F].randomElement(using: &generator) ?? 1]
        )
    }

    /// Puts an extreme in the place of the next number in decimal digits, which keeps a text's grammar.
    private static func setNumber(
        _ body: inout [UInt8],
        from place: Int,
        using generator: inout some RandomNumberGenerator
    ) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = body[place...].firstIndex(where: isDigit) else { return }
        let end = body[start...].firstIndex { !isDigit($0) } ?? body.count
        let numbers = [
            "0", "1", "2", "7", "31", "-1", "-2", "255", "65536", "2147483647", "4294967296", "99999999999",
            "9223372036854775807", "18446744073709551616", "1e308", "1e-400", "0.5", "\(body.count)",
        ]
        body.replaceSubrange(start..<end, with: (numbers.randomElement(using: &generator) ?? "0").utf8)
    }

    /// Goes on with a piece of another body, or of the same.
    private static func splice(
        _ body: inout [UInt8],
        at place: Int,
        _ others: [[UInt8]],
        using generator: inout some RandomNumberGenerator
    ) {
        let other = others.randomElement(using: &generator) ?? body
        let start = Int.random(in: 0...other.count, using: &generator)
        if Bool.random(using: &generator) {
            body.replaceSubrange(place..., with: other[start...])
        } else {
            let end = Int.random(in: start...min(other.count, start + 256), using: &generator)
            body.insert(contentsOf: other[start..<end], at: place)
        }
    }
}
