import Crypto

/// SHA-256 in hexadecimal.
package enum ContentHash {
    /// All 64 digits.
    package static func full(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return SHA256.hash(data: bytes).reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    /// The first 16 digits, as configuration hashes have them.
    package static func short(of bytes: [UInt8]) -> String { String(full(of: bytes).prefix(16)) }
}
