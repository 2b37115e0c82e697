import NIOCore
import NIOPosix

/// A TCP connection on which a test says exactly the bytes that it means.
struct RawConnection {
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let channel: any Channel
    private(set) var received = ""
    private(set) var isClosedByPeer = false

    static func with<Result>(
        port: Int,
        _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                outbound: outbound,
                inbound: inbound.makeAsyncIterator(),
                channel: channel.channel
            )
            return try await body(&connection)
        }
    }

    private init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        channel: any Channel
    ) {
        self.outbound = outbound
        self.inbound = inbound
        self.channel = channel
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func finishSending() {
        outbound.finish()
    }

    /// Reads until the text that came satisfies a condition, or the peer has closed.
    mutating func receive(until isEnough: (String) -> Bool) async throws -> String {
        while !isEnough(received) {
            guard let buffer = try await inbound.next() else {
                isClosedByPeer = true
                break
            }
            received += String(buffer: buffer)
        }
        return received
    }

    mutating func receiveAll() async throws -> String {
        try await receive { _ in false }
    }
}
