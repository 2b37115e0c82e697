/// How a connection to a NATS server is encrypted.
package struct NATSTLS: Sendable {
    /// A file of certificates in PEM that vouch for the server; nil for those of the system.
    package var authoritiesFile: String?
    /// A certificate in PEM, with its chain, and its key, where the server asks for one.
    package var certificate: (file: String, keyFile: String)?

    /// Makes a description; nothing is read before a connection is made.
    package init(authoritiesFile: String? = nil, certificate: (file: String, keyFile: String)? = nil) {
        self.authoritiesFile = authoritiesFile
        self.certificate = certificate
    }
}
