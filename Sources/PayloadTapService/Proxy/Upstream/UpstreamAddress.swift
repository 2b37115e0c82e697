package import NIOCore

/// Where the model listens: `http://host:port`, `https://host:port` or `unix:/path/to/socket`.
package struct UpstreamAddress: Hashable, Sendable, CustomStringConvertible {
    /// The two ways to reach a model.
    package enum Endpoint: Hashable, Sendable {
        /// A name or address, and a port.
        case host(String, port: Int)
        /// The path of a Unix domain socket.
        case unix(String)
    }

    /// How it is reached.
    package let endpoint: Endpoint
    /// Whether over TLS.
    package let isEncrypted: Bool

    /// The host, nil for a socket.
    package var host: String? {
        if case .host(let host, _) = endpoint { host } else { nil }
    }

    /// The model at a host and port.
    package init(host: String, port: Int) {
        endpoint = .host(host, port: port)
        isEncrypted = false
    }

    /// - Returns: nil when `text` is none of the three forms. A path behind the port is not accepted: every path of
    ///   the request is the model's own.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            endpoint = .unix(String(path))
            isEncrypted = false
            return
        }
        isEncrypted = text.hasPrefix("https://")
        guard isEncrypted || text.hasPrefix("http://") else { return nil }
        var authority = text.dropFirst(isEncrypted ? 8 : 7)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        var host = authority
        var port = isEncrypted ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), authority[colon...].last != "]" {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
                return nil
            }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        endpoint = .host(String(host), port: port)
    }

    /// The address without a look-up, where it is one: an IP address or a socket's path.
    package var socketAddress: SocketAddress? {
        switch endpoint {
        case .host(let host, let port): try? SocketAddress(ipAddress: host, port: port)
        case .unix(let path): try? SocketAddress(unixDomainSocketPath: path)
        }
    }

    /// The spelling of the setting.
    package var description: String {
        switch endpoint {
        case .host(let host, let port):
            (isEncrypted ? "https" : "http") + (host.contains(":") ? "://[\(host)]:\(port)" : "://\(host):\(port)")
        case .unix(let path): "unix:\(path)"
        }
    }
}
