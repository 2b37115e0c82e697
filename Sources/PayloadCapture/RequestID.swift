package import HTTPMessages

/// The id that joins the halves of an exchange and all that is said about it.
///
/// The first that is present of `ce-requestid`, `X-Request-Id`, `Seldon-Puid`, `ce-id`; a new UUID otherwise.
/// At most 128 bytes of visible ASCII; what is not is replaced, and kept as ``replaced``.
package struct RequestID: Hashable, Sendable {
    /// The id.
    package let text: String
    /// What came in its place and could not be used.
    package let replaced: String?
    /// Whether the request had no `X-Request-Id`, so that one is to be added.
    package let isMissingHeader: Bool

    /// - Parameters:
    ///   - value: The request's header value by field.
    ///   - generator: Where new ids come from.
    package init(from value: (FieldName) -> String?, generator: inout RequestIDGenerator) {
        let header = value(.requestID)
        isMissingHeader = header == nil
        let found = value(.eventRequestID) ?? header ?? value(.seldonPuid) ?? value(.eventID)
        if let found, Self.isUsable(found) {
            text = found
            replaced = nil
        } else {
            text = generator.next()
            replaced = found
        }
    }

    private static func isUsable(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...128).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Makes UUIDs of version 4 from a generator of its own, seeded by the system: a system call for each would cost more.
///
/// xoshiro256**, D. Blackman and S. Vigna (2018), "Scrambled linear pseudorandom number generators".
/// Unique, not secret.
package struct RequestIDGenerator: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next() | 1, system.next(), system.next(), system.next())
    }

    /// A UUID in lower case, 36 characters.
    package mutating func next() -> String {
        let high = nextWord() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = nextWord() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { target in
            var index = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    target[index] = 0x2D
                    index += 1
                }
                let word = nibble < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - (nibble & 15) * 4)) & 15
                target[index] = value < 10 ? 0x30 + value : 0x57 + value
                index += 1
            }
            return 36
        }
    }

    private mutating func nextWord() -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = rotated(state.3, 45)
        return result
    }
}
