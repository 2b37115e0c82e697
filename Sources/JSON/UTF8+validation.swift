extension UnsafeRawBufferPointer {
    /// The offset of the first sequence that is not UTF-8, nil where all is well.
    ///
    /// Refuses what RFC 3629 refuses: overlong forms, surrogates, values beyond U+10FFFF, lone continuations,
    /// truncated sequences.
    public func firstFaultInUTF8() -> Int? {
        var index = 0
        while index < count {
            let lead = self[index]
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF  // the first continuation byte is narrower for four leads
            switch lead {
            case 0..<0x80:
                index += 1
                continue
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return index
            }
            guard index + length <= count, second.contains(self[index + 1]) else { return index }
            for place in index + 2..<Swift.max(index + 2, index + length) where self[place] & 0xC0 != 0x80 {
                return index
            }
            index += length
        }
        return nil
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in either case, nil for any other byte.
    public var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
