import NATSTransport
package import NIOSSL

/// How a process speaks to others at `https://` and `tls://` addresses: sinks, models, peers, streams.
package enum ClientTLS {
    static let authoritiesFile = SettingKey(
        "client.tls.ca.file",
        default: String?.none,
        "A file of certificates in PEM that vouch for https:// and tls:// addresses; without it those of the system do."
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

    package static let keys: [any Setting] = [authoritiesFile, certificateFile, keyFile]

    /// The configuration that the settings ask for.
    ///
    /// - Returns: nil where nothing is set.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or a certificate without its key.
    static func configuration(_ settings: Settings) throws(SettingsError) -> TLSConfiguration? {
        let files = try files(settings)
        return try configuration(
            authorities: files.authoritiesFile,
            certificate: files.certificate?.file,
            key: files.certificate?.keyFile
        )
    }

    /// The same for a connection to NATS, of files that ``configuration(_:)`` has read by then.
    static func nats(_ settings: Settings) throws(SettingsError) -> NATSTLS { try files(settings) }

    private static func files(_ settings: Settings) throws(SettingsError) -> NATSTLS {
        let (certificate, key) = (try settings.value(certificateFile), try settings.value(keyFile))
        guard (certificate == nil) == (key == nil) else {
            throw SettingsError(
                .conflict,
                key: certificateFile.name,
                "a certificate and its key belong together, and only one of them is set",
                remedy: "Set both \(certificateFile.flag) and \(keyFile.flag), or neither"
            )
        }
        var files = NATSTLS(authoritiesFile: try settings.value(authoritiesFile))
        if let certificate, let key { files.certificate = (file: certificate, keyFile: key) }
        return files
    }

    /// The configuration that some files ask for.
    ///
    /// - Returns: nil where there are none.
    /// - Throws: ``SettingsError`` for a file that cannot be read.
    package static func configuration(
        authorities: String?,
        certificate: String?,
        key: String?
    ) throws(SettingsError) -> TLSConfiguration? {
        guard authorities != nil || certificate != nil else { return nil }
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
