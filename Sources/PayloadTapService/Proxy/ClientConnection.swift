import HTTPMessages
import NIOCore
import PayloadCapture

/// A client's connection: reads its requests, one at a time, and passes each to the model and the answer back.
///
/// Bytes are forwarded as they came, both ways, as fast as the slower side takes them: a side is read only while the
/// other can be written.
///
/// `@unchecked Sendable`: all its state is read and written on the channel's event loop. NIO calls the handler there, and
/// its `ProxyLoop` and its connection to the model belong to the same loop.
final class ClientConnection: ChannelDuplexHandler, ClientSide, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests, or within the head of one.
        case idle
        /// An exchange is under way.
        case exchanging(Exchange)
        /// Another protocol passes through in both directions.
        case tunnel(UpstreamConnection)
        /// Everything is said; what still comes is dropped until the client closes.
        case draining
        /// The answer is on its way out and the connection ends behind it.
        case closing
    }

    let loop: ProxyLoop
    var context: ChannelHandlerContext?
    var reader: MessageReader
    var phase = Phase.idle
    private var isReadHeld = false
    var lastActivity = NIODeadline.now()

    init(loop: ProxyLoop) {
        self.loop = loop
        self.reader = MessageReader(.request, headLimit: loop.limits.headBytes)
    }

    /// Whether more may be written before the client has read some.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Whether nothing is in hand.
    var isIdle: Bool {
        if case .idle = phase { reader.isBetweenMessages } else { false }
    }

    var exchange: Exchange? {
        if case .exchanging(let exchange) = phase { exchange } else { nil }
    }

    // MARK: From the client

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        switch phase {
        case .idle, .exchanging:
            reader.append(unwrapInboundIn(data))
            process()
        case .tunnel(let upstream):
            upstream.write(unwrapInboundIn(data))
            upstream.flush()
        case .draining, .closing: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            switch phase {
            case .exchanging(let exchange): exchange.upstream?.resumeReading()
            case .tunnel(let upstream): upstream.resumeReading()
            case .idle, .draining, .closing: break
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.remove(self)
        switch phase {
        case .exchanging(let exchange): abandon(exchange, as: .clientGone, status: 499)
        case .tunnel(let upstream): upstream.close()
        case .idle, .draining, .closing: break
        }
        phase = .closing
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Ends the connection, whatever is in hand.
    func close() { context?.close(promise: nil) }

    /// Reads on when there is room for what comes.
    func resumeReading() {
        guard isReadHeld, let context, mayRead else { return }
        isReadHeld = false
        context.read()
    }

    /// While the model answers we read on only to notice that the client leaves; a pipelined request waits its turn.
    private var mayRead: Bool {
        switch phase {
        case .idle, .draining, .closing: true
        case .tunnel(let upstream): upstream.isWritable
        case .exchanging(let exchange):
            exchange.progress.isRequestComplete ? reader.isEmpty : exchange.upstream?.isWritable ?? false
        }
    }

    /// Takes as many parts from the reader as belong to the present exchange.
    func process() {
        do {
            while isOpenForParts, let part = try reader.next() {
                switch (part, exchange) {
                case (.head(let head), _): begin(head)
                case (.body(let wire, let content), let exchange?):
                    loop.capture(wire, content, in: \.requestBody, of: exchange)
                    forward(wire, of: exchange)
                case (.end, let exchange?): exchange.progress.requestCompleted()
                case (_, nil): break
                }
            }
        } catch {
            refuse(error)
            return
        }
        if let exchange { sendRequest(exchange) }
    }

    private var isOpenForParts: Bool {
        switch phase {
        case .idle: true
        case .exchanging(let exchange): !exchange.progress.isRequestComplete
        case .tunnel, .draining, .closing: false
        }
    }

    private func begin(_ head: MessageHead) {
        let exchange = loop.begin(head, from: context?.remoteAddress)
        phase = .exchanging(exchange)
        acquireUpstream(for: exchange)
    }

    private func forward(_ wire: ByteBuffer, of exchange: Exchange) {
        if exchange.isSent, let upstream = exchange.upstream {
            upstream.write(wire)
        } else {
            exchange.held.append(wire)
        }
    }

    // MARK: To the client

    func write(_ bytes: ByteBuffer) {
        guard let context, bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }
}
