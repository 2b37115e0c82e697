import ArgumentParser
package import AsyncHTTPClient
import NIOCore
import NIOSSL
import ServiceKit

/// Whom the command line believes at `https://` addresses, and what it shows where a service asks for a certificate.
package struct ServerTrust: ParsableArguments {
    @Option(
        help: "A file of certificates in PEM that vouch for https:// addresses; those of the system without it.",
        completion: .file()
    )
    var caFile: String?

    @Option(help: "A certificate in PEM, with its chain, for services that ask for one.", completion: .file())
    var certificateFile: String?

    @Option(help: "The key of --certificate-file, in PEM.", completion: .file())
    var keyFile: String?

    package init() {}

    package func validate() throws {
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw ValidationError("--certificate-file and --key-file belong together.")
        }
    }

    /// A client that believes whom it should; lives as long as the process, and follows no redirect, which would carry
    /// tokens elsewhere.
    ///
    /// - Throws: ``SettingsError`` naming the files that cannot be used.
    package func client() throws -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.tlsConfiguration = try ClientTLS.configuration(
            authorities: caFile,
            certificate: certificateFile,
            key: keyFile
        )
        // A port that refuses is tried again until then.
        configuration.timeout.connect = .seconds(3)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
