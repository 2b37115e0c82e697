import NIOCore

/// Accepts no more clients than the limit; further ones wait in the kernel's backlog.
///
/// `@unchecked Sendable`: all its state is read and written on the listener's event loop. NIO calls the handler there, and
/// `clientClosed()`, which other loops call, goes there first.
final class AcceptGate: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = any Channel
    typealias OutboundIn = any Channel

    let eventLoop: any EventLoop
    private let limit: Int
    private var clients = 0
    private var context: ChannelHandlerContext?
    private var isReadHeld = false

    init(limit: Int, eventLoop: any EventLoop) {
        self.limit = limit
        self.eventLoop = eventLoop
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clients += 1
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if clients < limit { context.read() } else { isReadHeld = true }
    }

    /// May be called from any thread.
    func clientClosed() {
        eventLoop.execute {
            self.clients -= 1
            guard self.isReadHeld, self.clients < self.limit, let context = self.context else { return }
            self.isReadHeld = false
            context.read()
        }
    }
}
