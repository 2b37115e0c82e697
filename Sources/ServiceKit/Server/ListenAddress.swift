/// A host and a port to listen at.
package struct ListenAddress: SettingValue, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package static var settingKind: String { "host:port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:0" }

    package init?(settingText: String) {
        guard let colon = settingText.lastIndex(of: ":"),
            let port = UInt16(settingText[settingText.index(after: colon)...])
        else { return nil }
        var host = settingText[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    package var settingText: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var description: String { settingText }

    /// Whether only processes of this machine can reach it.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
    }
}
