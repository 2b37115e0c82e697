import Glibc
package import Logging
package import NIOCore
package import ServiceKit
import ServiceLifecycle

/// The proxy as a service of its process: listens until the stop, and then until the exchanges in hand are over.
package struct TapProxy: Service {
    /// Where it listens once it does.
    package let address = BoundAddress()
    private let configuration: TapConfiguration
    private let recorder: TapRecorder
    private let group: any EventLoopGroup
    private let logger: Logger

    package init(
        configuration: TapConfiguration,
        recorder: TapRecorder,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.configuration = configuration
        self.recorder = recorder
        self.group = group
        self.logger = logger
    }

    /// - Throws: ``StartError`` with exit code 69 when the address cannot be had.
    package func run() async throws {
        if configuration.takesAnyCertificate {
            logger.warning(
                "the model's certificate is not verified",
                metadata: ["upstream.url": "\(configuration.upstream)", "setting": "upstream.tls.insecure"]
            )
        }
        let server = try await listen()
        let bound = ListenAddress(
            host: server.localAddress?.ipAddress ?? configuration.listen.host,
            port: server.localAddress?.port ?? configuration.listen.port
        )
        address.set(bound)
        var metadata: Logger.Metadata = ["http.address": "\(bound)", "upstream.url": "\(configuration.upstream)"]
        if let http2 = configuration.http2Upstream { metadata["upstream.http2.url"] = "\(http2)" }
        logger.notice("passing requests on", metadata: metadata)
        try? await gracefulShutdown()
        await server.stop()
    }

    private func listen() async throws -> ProxyServer {
        do {
            return try await ProxyServer(
                host: configuration.listen.host,
                port: configuration.listen.port,
                upstream: configuration.connectors(logger: logger),
                tls: configuration.clientTLS(logger: logger),
                limits: configuration.limits,
                recorder: recorder,
                group: group
            )
        } catch let error as IOError {
            let isTaken = error.errnoCode == EADDRINUSE
            throw StartError(
                .unavailable,
                code: isTaken ? "port_in_use" : "cannot_listen",
                "cannot listen at \(configuration.listen): \(error)",
                remedy: isTaken
                    ? "Stop what has the port, or choose another with --http-listen"
                    : "Choose an address of this machine with --http-listen"
            )
        }
    }
}
