import NIOCore
import NIOPosix

/// One end of a TCP connection in a test, spoken byte by byte.
final class LoopbackConnection: Sendable {
    let channel: any Channel
    let arrivals: AsyncStream<ByteBuffer>

    init(_ channel: any Channel) throws {
        self.channel = channel
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        arrivals = stream
        try channel.pipeline.syncOperations.addHandler(Collector(continuation))
    }

    static func connect(to port: Int, group: any EventLoopGroup) async throws -> LoopbackConnection {
        try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try LoopbackConnection(channel) }
            }
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// What arrives next, nil when the other end has closed.
    func next() async -> ByteBuffer? {
        for await bytes in arrivals { return bytes }
        return nil
    }

    /// What arrives until `text` has, or until the other end closes.
    func receive(until text: String) async -> String {
        var received = ""
        for await bytes in arrivals {
            received += String(buffer: bytes)
            if received.contains(text) { break }
        }
        return received
    }

    /// What arrives until the other end closes.
    func receiveAll() async -> String {
        var received = ""
        for await bytes in arrivals { received += String(buffer: bytes) }
        return received
    }

    func close() async {
        try? await channel.close()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<ByteBuffer>.Continuation

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// A server in a test that hands out its connections to be spoken by hand.
final class LoopbackListener: Sendable {
    let port: Int
    private let channel: any Channel
    private let accepted: AsyncStream<LoopbackConnection>

    /// - Parameter socketPath: Where it listens, instead of at a port of its own.
    init(group: any EventLoopGroup, socketPath: String? = nil) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: LoopbackConnection.self)
        accepted = stream
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { continuation.yield(try LoopbackConnection(channel)) }
            }
        channel =
            if let socketPath {
                try await bootstrap.bind(unixDomainSocketPath: socketPath).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        port = channel.localAddress?.port ?? 0
    }

    /// The next connection, in the order of their coming.
    func accept() async -> LoopbackConnection {
        for await connection in accepted { return connection }
        fatalError("the listener has ended")
    }

    func close() async {
        try? await channel.close()
    }
}
