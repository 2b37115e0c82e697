/// Where events go: an HTTP address, a stream of NATS or a file, and the name that logs and metrics call it by.
package struct SinkAddress: SettingValue, Hashable {
    package enum Target: Sendable, Hashable {
        /// An `http://` or `https://` address that events are posted to.
        case http(String)
        /// A stream of NATS JetStream that events are published to.
        case nats(NATSAddress)
        /// A file that gets one structured event a line.
        case file(String)
    }

    /// Letters, digits, dots and hyphens: it names a folder.
    package var name: String
    package var target: Target

    package init(name: String, target: Target) {
        self.name = name
        self.target = target
    }

    package static var settingKind: String {
        "an http:// or https:// address, nats://host:port/STREAM, tls://host:port/STREAM or file:/path, with name= before it or not"
    }

    package init?(settingText: String) {
        var text = settingText[...]
        var name: String?
        if let equals = text.firstIndex(of: "="), !text[..<equals].contains(":") {
            name = String(text[..<equals])
            text = text[text.index(after: equals)...]
        }
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            guard let slashes = text.range(of: "://"), slashes.upperBound < text.endIndex else { return nil }
            let rest = text[slashes.upperBound...]
            guard let first = rest.first, first != "/", !rest.contains(" ") else { return nil }
            target = .http(String(text))
            self.name = name ?? Self.legal(rest)
        } else if let scheme = NATSAddress.schemes.first(where: { text.hasPrefix($0) }) {
            guard let address = NATSAddress(settingText: String(text)) else { return nil }
            target = .nats(address)
            self.name = name ?? Self.legal(text.dropFirst(scheme.count))
        } else if text.hasPrefix("file:") {
            let path = text.dropFirst("file:".count)
            let plain = path.hasPrefix("//") ? path.dropFirst(2) : path
            guard plain.hasPrefix("/"), plain.count > 1 else { return nil }
            target = .file(String(plain))
            self.name = name ?? Self.legal(plain.dropFirst())
        } else {
            return nil
        }
        guard !self.name.isEmpty, self.name == Self.legal(self.name[...]) else { return nil }
    }

    package var settingText: String {
        switch target {
        case .http(let url): "\(name)=\(url)"
        case .nats(let address): "\(name)=\(address.settingText)"
        case .file(let path): "\(name)=file:\(path)"
        }
    }

    /// Whether it is a stream, which takes many events at a time whatever their form.
    package var isNATS: Bool { if case .nats = target { true } else { false } }

    /// A name made of an address: what may not stand in it becomes a hyphen, none at the ends.
    private static func legal(_ text: Substring) -> String {
        let characters = text.map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber || character == ".") ? character : "-"
        }
        let name = String(characters)
        let start = name.firstIndex { $0 != "-" && $0 != "." } ?? name.endIndex
        let end = name.lastIndex { $0 != "-" } ?? name.startIndex
        return start < name.endIndex ? String(name[start...end]) : ""
    }
}

extension Substring {
    /// Where a text first stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
