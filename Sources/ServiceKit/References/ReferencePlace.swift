/// A place that data of events may be fetched from: an address or a folder, and everything below it.
package struct ReferencePlace: SettingValue, Hashable {
    /// What a reference leads to.
    package enum Target: Sendable, Hashable {
        /// An `http://` or `https://` address.
        case address(String)
        /// A file, and the folder that it has to be in when all links are followed.
        case file(String, within: String)
    }

    /// What references begin with; ends with a slash, so that no other host or folder can begin so.
    package let settingText: String

    package static var settingKind: String {
        "http://host/path/, https://host/path/ or file:///folder/, ending with a slash"
    }

    package init?(settingText: String) {
        guard settingText.hasSuffix("/"), let scheme = Self.schemes.first(where: { settingText.hasPrefix($0) }) else {
            return nil
        }
        let rest = settingText.dropFirst(scheme.count)
        guard Self.isPlain(rest), !rest.contains("?"), !rest.contains("@"), scheme == "file:///" || rest.first != "/",
            rest.count > 1
        else { return nil }
        self.settingText = settingText
    }

    private static let schemes = ["http://", "https://", "file:///"]

    /// What a reference leads to, nil when it does not begin as this place does or would lead out of it.
    ///
    /// The comparison is by letter: what is written in another way is another place. A query is let pass, since stores of
    /// objects sign their addresses in it.
    package func target(of reference: String) -> Target? {
        guard reference.hasPrefix(settingText) else { return nil }
        let rest = reference.dropFirst(settingText.count)
        guard !rest.isEmpty, Self.isPlain(rest) else { return nil }
        guard settingText.hasPrefix("file:") else { return .address(reference) }
        guard !rest.contains("?"), let folder = Self.percentDecoded(settingText.dropFirst("file://".count)),
            let name = Self.percentDecoded(rest)
        else { return nil }
        return .file(folder + name, within: folder)
    }

    /// Whether a text is of visible ASCII, has no fragment, and steps up nowhere, in whatever spelling.
    private static func isPlain(_ text: Substring) -> Bool {
        guard
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") })
        else { return false }
        let path = text.prefix { $0 != "?" }.lowercased()
        guard !["%2e", "%2f", "%5c", "%00"].contains(where: path.contains) else { return false }
        return path.split(separator: "/").allSatisfy { $0 != "." && $0 != ".." }
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
