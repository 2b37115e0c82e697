package import NIOCore
import NIOPosix
package import ServiceKit

/// The listener of the tap: accepts clients and spreads them over the event loops.
package final class ProxyServer: Sendable {
    private let channel: any Channel
    private let loops: [ObjectIdentifier: ProxyLoop]

    /// Where it listens, with the port that the system chose if 0 was asked for.
    package var localAddress: SocketAddress? { channel.localAddress }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - host: Address to bind, e.g. `127.0.0.1`.
    ///   - port: Port to bind, 0 for any.
    ///   - upstream: Open connections to the model.
    ///   - tls: What clients speak TLS with, nil where they do not.
    ///   - recorder: Takes what is captured, nil for a plain proxy.
    ///   - group: The event loops that do the work.
    /// - Throws: The system's error when the address cannot be bound.
    package init(
        host: String,
        port: Int,
        upstream: UpstreamConnectors,
        tls: ListenerTLS? = nil,
        limits: ProxyLimits,
        recorder: (any ExchangeRecorder)?,
        group: any EventLoopGroup
    ) async throws {
        let eventLoops = Array(group.makeIterator())
        let gate = AcceptGate(limit: limits.clientConnections, eventLoop: group.next())
        var loops: [ObjectIdentifier: ProxyLoop] = [:]
        for eventLoop in eventLoops {
            let pool = UpstreamPool(
                connectors: upstream,
                limits: limits,
                limit: limits.upstreamConnections / eventLoops.count,
                eventLoop: eventLoop
            )
            loops[ObjectIdentifier(eventLoop)] = ProxyLoop(
                limits: limits,
                pool: pool,
                recorder: recorder,
                eventLoop: eventLoop,
                clientClosed: { gate.clientClosed() }
            )
        }
        self.loops = loops
        channel = try await ServerBootstrap(group: gate.eventLoop, childGroup: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(gate) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: ProxyLoop.receiveAllocator)
            .childChannelInitializer { [loops] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { throw ChannelError.eof }
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    try channel.pipeline.syncOperations.addHandler(ConnectionStart(loop: loop))
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    /// Stops listening and returns when every exchange in hand is over.
    package func stop() async {
        try? await channel.close()
        for loop in loops.values {
            try? await loop.stop().get()
        }
    }
}
