/// The texts of gRPC's headers.
///
/// Source: github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md.
package enum GRPCText {
    /// `grpc-message`: UTF-8 with percent-encoding of all but printable ASCII, the percent sign included.
    package static func encoded(_ message: String) -> String {
        let isPlain = message.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "%") }
        guard !isPlain else { return message }
        var text = ""
        for byte in message.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }

    /// `grpc-timeout`: at most eight digits and a unit, as a duration; nil for anything else.
    package static func timeout(_ text: String) -> Duration? {
        guard let unit = text.last, (2...9).contains(text.utf8.count),
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(text.dropLast())
        else { return nil }
        switch unit {
        case "H": return .seconds(count * 3600)
        case "M": return .seconds(count * 60)
        case "S": return .seconds(count)
        case "m": return .milliseconds(count)
        case "u": return .microseconds(count)
        case "n": return .nanoseconds(count)
        default: return nil
        }
    }
}

/// How messages are compressed, `grpc-encoding`.
enum GRPCEncoding: String, CaseIterable {
    case identity, gzip, deflate

    /// What a server of ours understands, `grpc-accept-encoding`.
    static let accepted = allCases.map(\.rawValue).joined(separator: ",")
}
