import NIOSSL

/// How a process speaks to others at `https://` addresses: sinks, models, peers.
enum ClientTLS {
    static let authoritiesFile = SettingKey(
        "client.tls.ca.file",
        default: String?.none,
        "A file of certificates in PEM that vouch for https:// addresses; without it those of the system do."
    )
    static let certificateFile = SettingKey(
        "client.tls.certificate.file",
        default: String?.none,
        "A certificate in PEM, with its chain, that this process shows where it is asked for one."
    )
    static let keyFile = SettingKey(
        "client.tls.key.file",
        default: String?.none,
        "The key of client.tls.certificate.file, in PEM."
    )

    static let keys: [any Setting] = [authoritiesFile, certificateFile, keyFile]

    /// The configuration that the settings ask for.
    ///
    /// - Returns: nil where nothing is set.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or a certificate without its key.
    static func configuration(_ settings: Settings) throws(SettingsError) -> TLSConfiguration? {
        let authorities = try settings.value(authoritiesFile)
        let (certificate, key) = (try settings.value(certificateFile), try settings.value(keyFile))
        guard authorities != nil || certificate != nil || key != nil else { return nil }
        guard (certificate == nil) == (key == nil) else {
            throw SettingsError(
                .conflict,
                key: certificateFile.name,
                "a certificate and its key belong together, and only one of them is set",
                remedy: "Set both \(certificateFile.flag) and \(keyFile.flag), or neither"
            )
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            if let authorities { configuration.trustRoots = .file(authorities) }
            if let certificate, let key {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            let files = [authorities, certificate, key].compactMap { $0 }.joined(separator: ", ")
            throw SettingsError(
                .file,
                key: authoritiesFile.name,
                "the files of TLS cannot be used (\(files)): \(error)",
                remedy: "Give authorities, and a certificate with its chain and its key, in PEM"
            )
        }
        return configuration
    }
}
