/// The settings of a listener.
package enum HTTPSettings {
    /// Where the service listens; each service has its own port.
    package static func listen(default address: String) -> SettingKey<ListenAddress> {
        SettingKey(
            "http.listen",
            default: ListenAddress(settingText: address) ?? ListenAddress(host: "127.0.0.1", port: 0),
            "The address of the listener; port 0 takes a free one. Other than loopback needs a token, clients' certificates or insecure."
        )
    }
    /// The largest body.
    package static let bodyLimit = SettingKey(
        "http.body.limit.bytes",
        default: 16 << 20,
        "The largest body that a request may have; a larger one is answered 413.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    /// How many connections at a time.
    package static let connections = SettingKey(
        "http.connections.limit",
        default: 1024,
        "How many connections there may be; one more is answered 503 with Retry-After.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    /// How long a request may take to arrive.
    package static let requestTimeout = SettingKey(
        "http.request.timeout",
        default: Duration.seconds(30),
        "How long a request may take to arrive, from its first byte on; a slower one is answered 408.",
        allowed: "at least 10ms",
        where: { $0 >= .milliseconds(10) }
    )
    /// How long a connection may be without a request.
    package static let idleTimeout = SettingKey(
        "http.idle.timeout",
        default: Duration.seconds(75),
        "How long a connection may be without a request before it is closed.",
        allowed: "at least 10ms",
        where: { $0 >= .milliseconds(10) }
    )
    /// The file with the tokens.
    package static let tokenFile = SettingKey(
        "auth.token.file",
        default: String?.none,
        "A file with one bearer token a line; every route but /livez and /readyz then asks for one of them."
    )
    /// The certificate of the listener.
    package static let tlsCertificateFile = SettingKey(
        "http.tls.certificate.file",
        default: String?.none,
        "A certificate in PEM, with its chain: the listener then speaks TLS. Read again when it is renewed."
    )
    /// The key of the certificate.
    package static let tlsKeyFile = SettingKey(
        "http.tls.key.file",
        default: String?.none,
        "The key of http.tls.certificate.file, in PEM."
    )
    /// Who vouches for clients.
    package static let tlsClientAuthoritiesFile = SettingKey(
        "http.tls.client.ca.file",
        default: String?.none,
        "A file of certificates in PEM: clients then have to show one that these vouch for."
    )
    /// Listen to the world without a token.
    package static let insecure = SettingKey(
        "insecure",
        default: false,
        "Allows an address other than loopback with neither tokens nor clients' certificates; logged as a warning."
    )

    /// All of them, for a service that listens at `listen` by default.
    package static func keys(listen address: String) -> [any Setting] {
        [
            listen(default: address), bodyLimit, connections, requestTimeout, idleTimeout, tokenFile,
            tlsCertificateFile, tlsKeyFile, tlsClientAuthoritiesFile, insecure,
        ]
    }
}
