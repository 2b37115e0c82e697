/// Texts that name things once: random ones for what is new, derived ones for what must come out the same again.
public enum UniqueIdentifier {
    /// A UUID of version 4 (RFC 9562), in lower case.
    public static func random(using generator: inout some RandomNumberGenerator) -> String {
        uuid(UInt128(generator.next() as UInt64) << 64 | UInt128(generator.next() as UInt64), version: 4)
    }

    /// A UUID of version 8 that depends on the parts alone.
    ///
    /// It is a hash, FNV-1a with 128 bits, and no seal: who chooses the parts can make two texts agree.
    public static func derived(from parts: String...) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
            hash = (hash ^ 0xFF) &* 0x0000_0000_0100_0000_0000_0000_0000_013B  // no part of UTF-8, so parts stay apart
        }
        return uuid(hash, version: 8)
    }

    private static func uuid(_ bits: UInt128, version: UInt128) -> String {
        let cleared = bits & ~(0xF << 76) & ~(0x3 << 62)
        let marked = cleared | version << 76 | 0x2 << 62
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if place == 8 || place == 12 || place == 16 || place == 20 { text.append(UInt8(ascii: "-")) }
            let digit = UInt8(truncatingIfNeeded: marked >> UInt128(124 - place * 4)) & 0xF
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
