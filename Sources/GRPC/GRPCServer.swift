import Logging
import NIOCore
import NIOHTTP2
import NIOPosix
package import ServiceKit
import ServiceLifecycle

/// A listener for gRPC, over HTTP/2 with prior knowledge, or over TLS where the listener beside it speaks that.
///
/// It refuses by itself: UNAUTHENTICATED without a token where one is set, RESOURCE_EXHAUSTED over the limit of a
/// message, DEADLINE_EXCEEDED for a slow sender or a deadline that has passed, UNIMPLEMENTED for what is not there. The
/// limits are those of the HTTP listener beside it.
package struct GRPCServer: Service {
    /// Where it listens once it does.
    package let address = BoundAddress()

    private let context: SidecarContext
    private let listen: ListenAddress
    private let key: String
    private let flag: String
    private let idleTimeout: TimeAmount
    private let readiness: Readiness?
    private let rules: GRPCRules
    private let tls: ListenerTLS?

    /// Builds a listener from the settings of ``HTTPSettings``.
    ///
    /// - Parameters:
    ///   - listen: Where to listen.
    ///   - key: The setting that says so, for messages.
    ///   - readiness: Where it says that it does not listen yet.
    /// - Throws: ``SettingsError`` for an address other than loopback with neither token nor `insecure`.
    package init(
        context: SidecarContext,
        listen: ListenAddress,
        key: some Setting,
        routes: [GRPCRoute],
        readiness: Readiness? = nil
    ) throws {
        let settings = context.settings
        self.context = context
        self.listen = listen
        self.key = key.name
        flag = key.flag
        self.readiness = readiness
        readiness?.set(Self.condition, notReady: "the listener for gRPC is not there yet")
        tls = try ListenerTLS.open(settings, speaking: [.http2], logger: context.logger)
        idleTimeout = TimeAmount(try settings.value(HTTPSettings.idleTimeout))
        rules = GRPCRules(
            routes: routes,
            tokens: try ListenerAccess.tokens(listen: listen, key: key.name, context: context),
            messageLimit: try settings.value(HTTPSettings.bodyLimit),
            connectionLimit: try settings.value(HTTPSettings.connections),
            requestTimeout: try settings.value(HTTPSettings.requestTimeout),
            metrics: context.metrics
        )
    }

    /// Listens until a graceful stop, and then until the calls under way are answered.
    ///
    /// - Throws: ``StartError`` with exit code 69 when the address cannot be had.
    package func run() async throws {
        let channel: any Channel
        do {
            channel = try await bootstrap().bind(host: listen.host, port: listen.port).get()
        } catch let error as IOError {
            throw StartError(cannotListenAt: listen, flag: flag, error)
        }
        let bound = ListenAddress(
            host: channel.localAddress?.ipAddress ?? listen.host,
            port: channel.localAddress?.port ?? listen.port
        )
        address.set(bound)
        readiness?.set(Self.condition, notReady: nil)
        context.logger.notice("serving gRPC", metadata: ["grpc.address": "\(bound)"])
        let connections = rules.connections
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                try? await channel.closeFuture.get()
            } onGracefulShutdown: {
                channel.close(promise: nil)
            }
            connections.stop()
            await connections.ended()
        } onCancel: {
            // The time for a graceful stop is over, or there was none.
            channel.close(promise: nil)
            connections.closeAll()
        }
    }

    private static let condition = "grpc"

    private func bootstrap() -> ServerBootstrap {
        let (rules, tls, idleTimeout) = (rules, tls, idleTimeout)
        return ServerBootstrap(group: context.eventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.configure(channel, rules: rules, tls: tls, idleTimeout: idleTimeout)
                }
            }
    }

    private static func configure(
        _ channel: any Channel,
        rules: GRPCRules,
        tls: ListenerTLS?,
        idleTimeout: TimeAmount
    ) throws {
        guard rules.connections.open(channel) else { throw ConnectionRefused() }
        channel.closeFuture.whenComplete { _ in rules.connections.close(channel) }
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: GRPCRules.streamLimit),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
            HTTP2Setting(parameter: .initialWindowSize, value: GRPCConnectionHandler.streamWindow),
            HTTP2Setting(parameter: .maxFrameSize, value: 256 << 10),
        ]
        var stream = NIOHTTP2Handler.StreamConfiguration()
        // Clients with short deadlines cancel often; many more in half a minute are an attack (CVE-2023-44487).
        stream.streamResetFrameRateLimit.maximumCount = 2000
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(tls.handler()) }
        try pipeline.addHandler(
            NIOHTTP2Handler(mode: .server, connectionConfiguration: connection, streamConfiguration: stream)
        )
        // Says goodbye before it closes, when the process stops or a connection was idle for long.
        try pipeline.addHandler(
            NIOHTTP2ServerConnectionManagementHandler(
                eventLoop: channel.eventLoop,
                configuration: .init(maxIdleTime: idleTimeout, maxAge: nil, maxGraceTime: nil, keepalive: nil)
            )
        )
        try pipeline.addHandler(GRPCConnectionHandler(rules: rules))
    }

    /// There are as many connections as may be; the client finds this one closed.
    private struct ConnectionRefused: Error {}
}
