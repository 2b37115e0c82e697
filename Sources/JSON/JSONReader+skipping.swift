internal import CTextKernels

/// Passing over long lists of numbers, which is most of what payloads are: many bytes at a time, without making numbers.
extension JSONReader {
    /// Passes elements of an array that are plain numbers, each with the comma before it, and stops in front of the comma
    /// of the first that is not: then, or at the array's end, the one who asked goes on.
    ///
    /// Plain is `-`, digits, a point and digits, with at most one space before it. Exponents, NaN and faults are left to
    /// the full scan, which also says what is wrong.
    mutating func skipPlainNumbers() {
        guard let text = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        while position < bytes.count, bytes[position] == UInt8(ascii: ",") {
            let end = vedette_plain_numbers_end(text, position, bytes.count)
            if end > position { position = end } else if !skipPlainNumber() { return }
        }
    }

    /// Passes one: the last ones of a text, and one so long that the many at a time do not see its end.
    private mutating func skipPlainNumber() -> Bool {
        var cursor = position + 1
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: " ") { cursor += 1 }
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "-") { cursor += 1 }
        let start = cursor
        cursor = endOfDigits(from: start)
        guard cursor > start, bytes[start] != UInt8(ascii: "0") || cursor == start + 1 else { return false }
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
            let fraction = cursor + 1
            cursor = endOfDigits(from: fraction)
            guard cursor > fraction else { return false }
        }
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ",") || bytes[cursor] == UInt8(ascii: "]") else {
            return false
        }
        position = cursor
        return true
    }

    /// The index of the first byte from `start` on that is no digit.
    @inline(__always)
    private func endOfDigits(from start: Int) -> Int {
        var cursor = start
        while cursor + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            // A digit differs from "0" by at most 9; adding 0x76 carries anything larger into the byte's top bit.
            let offset = word ^ 0x3030_3030_3030_3030
            let others = ((offset & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676 | offset) & 0x8080_8080_8080_8080
            guard others == 0 else { return cursor + others.trailingZeroBitCount / 8 }
            cursor += 8
        }
        while cursor < bytes.count, bytes[cursor] &- UInt8(ascii: "0") <= 9 { cursor += 1 }
        return cursor
    }
}
