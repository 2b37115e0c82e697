import CloudEvents
import JSON

/// A signed token in its compact form, taken apart; nothing in it is to be believed before its signature is verified.
///
/// Source: RFC 7515, sections 3.1 and 5.2; RFC 7519, section 7.2.
struct SignedToken: Sendable {
    /// The algorithm that its header names.
    let algorithm: String
    /// The key that its header names.
    let keyID: String?
    let signature: [UInt8]
    /// What was signed: header and claims as they came.
    let signed: [UInt8]
    private let claimText: [UInt8]

    /// Longer ones are not looked at.
    static let longest = 16 << 10

    /// - Throws: `.malformed`, or `.extension_` where the header has `crit`.
    init(_ text: String) throws(TokenRefusal) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.longest else { throw .malformed }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.decoded(parts[0]).flatMap({ try? JSONValue(parsing: $0) }),
            let algorithm = header["alg"]?.string, let claims = Self.decoded(parts[1]),
            let signature = Self.decoded(parts[2])
        else { throw .malformed }
        // Nothing that such a header may list is known here: RFC 7515, 4.1.11.
        guard header["crit"] == nil else { throw .extension_ }
        if let keyID = header["kid"] {
            guard let name = keyID.string else { throw .malformed }
            self.keyID = name
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        self.signature = signature
        signed = Array(bytes[..<parts[1].endIndex])
        claimText = claims
    }

    /// What it says; to be asked once the signature is known to be right.
    var claims: JSONValue {
        get throws(TokenRefusal) {
            guard let claims = try? JSONValue(parsing: claimText), claims.object != nil else { throw .malformed }
            return claims
        }
    }

    /// Base64 with the alphabet for addresses and no padding: RFC 4648, section 5; nil for anything else.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count + 3)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: plain.append(byte)
            }
        }
        while !plain.count.isMultiple(of: 4) { plain.append(UInt8(ascii: "=")) }
        return Base64.decode(plain)
    }
}
