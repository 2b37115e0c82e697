import HTTPMessages
import NIOCore

/// The connection to the model that belongs to one client's HTTP/2 connection and carries all its streams.
///
/// `@unchecked Sendable`: made, used and closed on its event loop, which is its client's too.
final class HTTP2UpstreamConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whose connection it is; nil once that has gone.
    weak var client: HTTP2ClientConnection?
    private unowned let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var isReadHeld = false

    init(pool: UpstreamPool, client: HTTP2ClientConnection) {
        self.pool = pool
        self.client = client
    }

    /// Whether more may be written before the model has read some.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func write(_ bytes: ByteBuffer) {
        guard let context, bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    func flush() { context?.flush() }

    func close() {
        client = nil
        context?.close(promise: nil)
    }

    /// Reads on when the client can take more.
    func resumeReading() {
        guard isReadHeld, let context, mayRead else { return }
        isReadHeld = false
        context.read()
    }

    private var mayRead: Bool { client?.isWritable ?? true }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client?.receive(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.ownConnectionClosed()
        client?.upstreamClosed()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { client?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
