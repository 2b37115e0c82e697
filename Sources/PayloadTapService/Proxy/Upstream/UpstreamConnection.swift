import HTTPMessages
import NIOCore

/// A connection to the model: idle in its pool, or carrying one exchange.
///
/// Confined to its event loop, which is what makes `@unchecked Sendable` true: it is made, used and closed there.
final class UpstreamConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private unowned let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var reader: MessageReader
    private var isReadHeld = false
    /// The client whose exchange it carries.
    private(set) var client: ClientConnection?
    /// Since when it has been unused.
    private(set) var idleSince = NIODeadline.now()
    /// Whether it has carried an exchange before the present one.
    private(set) var isUsed = false

    init(pool: UpstreamPool, headLimit: Int) {
        self.pool = pool
        self.reader = MessageReader(.response, headLimit: headLimit)
    }

    /// Whether the socket is open as far as we know.
    var isActive: Bool { context?.channel.isActive ?? false }
    /// Whether more may be written before the model has read some.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Begins to carry the exchange of `client`.
    func assign(to client: ClientConnection, request: MessageHead) {
        self.client = client
        reader.expectResponse(to: request)
    }

    /// Ends carrying it; returns whether the connection stands between two messages and can carry another.
    func unassign() -> Bool {
        client = nil
        isUsed = true
        idleSince = .now()
        resumeReading()
        return isActive && reader.isBetweenMessages
    }

    func write(_ bytes: ByteBuffer) {
        guard let context else { return }
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

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let client else {
            context.close(promise: nil)  // the model speaks without having been asked
            return
        }
        reader.append(unwrapInboundIn(data))
        deliver(to: client)
        client.flushResponse()
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.connectionClosed(self)
        if let client {
            do {
                if let part = try reader.endOfInput() {
                    client.receive(part)
                    client.flushResponse()
                }
            } catch {}  // within a message: what the client sees of it is decided below, for every way to end early
            if self.client === client { client.upstreamClosed() }
        }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { client?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func deliver(to client: ClientConnection) {
        do {
            while self.client === client, let part = try reader.next() {
                client.receive(part)
                if case .end = part { return }
            }
        } catch {
            context?.close(promise: nil)  // not HTTP/1: the same to the client as a connection that breaks
        }
    }
}
