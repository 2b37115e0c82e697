import JSON

/// Attribute values in HTTP headers (CloudEvents HTTP binding 1.0.2, section 3.1.3.2).
public enum HeaderText {
    /// Percent-encodes the UTF-8 bytes of space, double quote, percent, and whatever is not printable ASCII.
    public static func encode(_ value: String) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(value.utf8.count)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "%"), ...0x20, 0x7F...:
                text.append(UInt8(ascii: "%"))
                text.append(hexDigits[Int(byte >> 4)])
                text.append(hexDigits[Int(byte & 15)])
            default:
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Removes quotes and their backslashes where the value is a quoted string, then decodes one round of percent escapes.
    ///
    /// - Throws: `.headerEncoding` for a broken escape or for bytes that are not UTF-8.
    public static func decode(_ value: String, as name: String) throws(CloudEventError) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "\"") }) else { return value }
        let bytes = try unquoted(Array(value.utf8), as: name)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                let low = bytes[index + 2].hexDigitValue
            else { throw fault("a percent sign without two hexadecimal digits", name) }
            text.append(high << 4 | low)
            index += 3
        }
        guard text.withUnsafeBytes({ $0.firstFaultInUTF8() }) == nil else {
            throw fault("bytes that are not UTF-8", name)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unquoted(_ bytes: [UInt8], as name: String) throws(CloudEventError) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "\"") else { return bytes }
        var text: [UInt8] = []
        var index = 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard index == bytes.count - 1 else { throw fault("text after the closing quote", name) }
                return text
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                text.append(bytes[index + 1])
                index += 2
            default:
                text.append(bytes[index])
                index += 1
            }
        }
        throw fault("a quote that is not closed", name)
    }

    /// `%` and two upper-case digits.
    static func percentEscape(_ byte: UInt8) -> String {
        String(decoding: [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]], as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func fault(_ what: String, _ name: String) -> CloudEventError {
        CloudEventError(
            .headerEncoding,
            "the header \(name) holds \(what)",
            remedy:
                "Percent-encode UTF-8 bytes outside U+0021 to U+007E, the space, the double quote and the percent sign"
        )
    }
}
