import NIOCore
import NIOSSL
package import ServiceKit

/// How connections to the model are encrypted, and how it is known that it is the model.
package struct UpstreamTLS: Sendable {
    /// What is spoken over a connection, as TLS negotiates it.
    enum Speech: String, Sendable {
        case http1 = "http/1.1"
        case http2 = "h2"
    }

    /// The name that the certificate must bear; nil for the address that was connected to.
    let serverName: String?
    private let http1: NIOSSLContext
    private let http2: NIOSSLContext

    /// - Parameters:
    ///   - host: The host of the model's address.
    ///   - serverName: What its certificate says instead, nil for the host itself.
    ///   - authorities: A file with the certificates in PEM that vouch for the model; nil for those of the system.
    ///   - isVerified: Whether the certificate is looked at; without, anybody may stand in the model's place.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or has no certificate in it.
    package init(host: String, serverName: String?, authorities: String?, isVerified: Bool) throws(SettingsError) {
        let name = serverName ?? host
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        guard serverName == nil || !isAddress, !name.utf8.contains(0), (1...255).contains(name.utf8.count) else {
            throw SettingsError(
                .unreadable,
                key: TapConfiguration.tlsServerName.name,
                "\(TapConfiguration.tlsServerName.name) \(name) is no name of a host",
                remedy: "Give the name in the model's certificate; for an address leave it out"
            )
        }
        self.serverName = isAddress ? nil : name
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = isVerified ? .fullVerification : .none
        if let authorities { configuration.trustRoots = .file(authorities) }
        do {
            configuration.applicationProtocols = [Speech.http1.rawValue]
            http1 = try NIOSSLContext(configuration: configuration)
            configuration.applicationProtocols = [Speech.http2.rawValue]
            http2 = try NIOSSLContext(configuration: configuration)
        } catch {
            let file = authorities ?? "the system's file of authorities"
            throw SettingsError(
                .file,
                key: TapConfiguration.tlsAuthorities.name,
                "no certificates can be read from \(file): \(error)",
                remedy: "Name a file of certificates in PEM by \(TapConfiguration.tlsAuthorities.flag)"
            )
        }
    }

    /// The handler that encrypts one connection.
    func handler(speaking speech: Speech) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: speech == .http1 ? http1 : http2, serverHostname: serverName)
    }
}
