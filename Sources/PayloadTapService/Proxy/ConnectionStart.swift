import HTTPMessages
import NIOCore

/// A client's connection before it is known what it speaks: HTTP/2 begins with bytes that no HTTP/1 request has.
///
/// It gives way to the handler of what is spoken, with the bytes that it has read.
///
/// `@unchecked Sendable`: all its state is read and written on the channel's event loop.
final class ConnectionStart: ChannelInboundHandler, RemovableChannelHandler, ClientSide, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let loop: ProxyLoop
    private var context: ChannelHandlerContext?
    private var bytes = ByteBuffer()
    /// Whether the loop has been told that the connection has another handler, or none any more.
    private var isOver = false
    private let openedAt = NIODeadline.now()

    init(loop: ProxyLoop) {
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        leave()  // a connection that breaks before it is up is never said to be inactive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let arrived = unwrapInboundIn(data)
        if bytes.readableBytes == 0 { bytes = arrived } else { bytes.writeImmutableBuffer(arrived) }
        switch Self.isHTTP2(bytes) {
        case true?: giveWay(to: HTTP2ClientConnection(loop: loop), context)
        case false?: giveWay(to: ClientConnection(loop: loop), context)
        case nil: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        guard !isOver else { return }
        isOver = true
        loop.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func close() { context?.close(promise: nil) }

    func sweep(now: NIODeadline) {
        if loop.isStopping || now - openedAt > loop.limits.clientTimeout { close() }
    }

    private func giveWay(to handler: any ChannelHandler & Sendable, _ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(handler, position: .after(self))
        } catch {  // the channel has closed meanwhile
            return
        }
        context.fireChannelRead(wrapInboundOut(bytes))
        isOver = true
        loop.forget(self)
        _ = pipeline.removeHandler(context: context)
    }

    /// Whether the bytes are HTTP/2's preface; nil while they may still become it.
    private static func isHTTP2(_ bytes: ByteBuffer) -> Bool? {
        let preface = FrameHead.clientPreface
        let isBeginning = bytes.withUnsafeReadableBytes { bytes in
            preface.withUTF8Buffer { zip(bytes, $0).allSatisfy { $0 == $1 } }
        }
        guard isBeginning else { return false }
        return bytes.readableBytes >= preface.utf8CodeUnitCount ? true : nil
    }
}
