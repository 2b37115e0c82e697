import Journal
package import Logging
import NIOCore
package import NIOSSL
import Synchronization

/// How a listener encrypts, and whose certificates it asks clients for.
///
/// Files that change are read again for connections that come later, so that certificates can be renewed while the process
/// runs; new ones that cannot be read are logged, and the old ones stay.
package final class ListenerTLS: Sendable {
    /// What is spoken over a connection, as TLS negotiates it.
    package enum Speech: String, Sendable {
        case http1 = "http/1.1"
        case http2 = "h2"
    }

    private struct Files: Sendable {
        var certificate: String
        var key: String
        var authorities: String?

        var all: [String] { [certificate, key] + (authorities.map { [$0] } ?? []) }
    }

    private struct State {
        var context: NIOSSLContext
        var stamps: [FileStatus?]
        var lookedAt = NIODeadline.now()
    }

    private let files: Files
    private let speeches: [Speech]
    private let logger: Logger
    private let state: Mutex<State>

    private static let interval = TimeAmount.seconds(1)

    /// Whether clients are asked for a certificate.
    package var asksClients: Bool { files.authorities != nil }

    /// Opens the files that the settings name.
    ///
    /// - Parameter speeches: What may be spoken, the most wanted first.
    /// - Returns: nil where no certificate is set, and the listener is not encrypted.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or a certificate without its key.
    package static func open(
        _ settings: Settings,
        speaking speeches: [Speech],
        logger: Logger
    ) throws(SettingsError) -> ListenerTLS? {
        let (certificate, key) = (HTTPSettings.tlsCertificateFile, HTTPSettings.tlsKeyFile)
        let authorities = try settings.value(HTTPSettings.tlsClientAuthoritiesFile)
        switch (try settings.value(certificate), try settings.value(key)) {
        case (let certificate?, let key?):
            let files = Files(certificate: certificate, key: key, authorities: authorities)
            return try ListenerTLS(files, speaking: speeches, logger: logger)
        case (nil, nil) where authorities == nil: return nil
        default:
            throw SettingsError(
                .conflict,
                key: certificate.name,
                "TLS needs a certificate and its key, and only one of them is set",
                remedy: "Set both \(certificate.flag) and \(key.flag), or neither"
            )
        }
    }

    private init(_ files: Files, speaking speeches: [Speech], logger: Logger) throws(SettingsError) {
        self.files = files
        self.speeches = speeches
        self.logger = logger
        let stamps = files.all.map(FileStatus.init(path:))
        state = Mutex(State(context: try Self.context(files, speeches), stamps: stamps))
    }

    /// The handler that encrypts one connection.
    package func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context) }

    private var context: NIOSSLContext {
        state.withLock { state in
            let now = NIODeadline.now()
            guard now - state.lookedAt > Self.interval else { return state.context }
            state.lookedAt = now
            let stamps = files.all.map(FileStatus.init(path:))
            guard stamps != state.stamps else { return state.context }
            state.stamps = stamps
            do throws(SettingsError) {
                state.context = try Self.context(files, speeches)
                logger.notice("took new certificates", metadata: ["file": "\(files.certificate)"])
            } catch {
                logger.error(
                    "new certificates cannot be used, the old ones stay",
                    metadata: ["error.message": "\(error.message)", "error.remedy": "\(error.remedy)"]
                )
            }
            return state.context
        }
    }

    private static func context(_ files: Files, _ speeches: [Speech]) throws(SettingsError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = speeches.map(\.rawValue)
            if let authorities = files.authorities {
                configuration.trustRoots = .file(authorities)
                configuration.certificateVerification = .noHostnameVerification  // clients have no host's name
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SettingsError(
                .file,
                key: HTTPSettings.tlsCertificateFile.name,
                "the files of TLS cannot be used (\(files.all.joined(separator: ", "))): \(error)",
                remedy: "Give a certificate with its chain and its key, and authorities, in PEM"
            )
        }
    }
}
