import HTTPMessages
import NIOCore
import PayloadCapture

/// A client's connection: reads its requests, one at a time, and passes each to the model and the answer back.
///
/// Bytes are forwarded as they came, both ways, as fast as the slower side takes them: a side is read only while the
/// other can be written. Confined to its event loop, which is what makes `@unchecked Sendable` true.
final class ClientConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
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

    private let loop: ProxyLoop
    private var context: ChannelHandlerContext?
    private var reader: MessageReader
    private var phase = Phase.idle
    private var isReadHeld = false
    private var lastActivity = NIODeadline.now()

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

    private var exchange: Exchange? {
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
    private func process() {
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

    // MARK: To the model

    private func acquireUpstream(for exchange: Exchange, fresh: Bool = false) {
        guard let upstream = loop.pool.acquire(for: self, fresh: fresh) else { return }
        upstream.assign(to: self, request: exchange.head)
        exchange.upstream = upstream
    }

    /// Writes what is held, or flushes what has been written since.
    private func sendRequest(_ exchange: Exchange) {
        guard let upstream = exchange.upstream else { return }
        guard !exchange.isSent else {
            upstream.flush()
            return
        }
        for bytes in exchange.held { upstream.write(bytes) }
        upstream.flush()
        // The first write either took something or failed at once, and then nothing has left.
        if upstream.isActive || !upstream.isUsed {
            exchange.isSent = true
            exchange.held = []
        } else {
            upstream.close()
            fail(exchange, exchange.progress.upstreamFailed(nothingSent: true), as: .upstreamGone)
        }
    }

    /// The pool has a connection for the present exchange.
    func upstreamReady(_ upstream: UpstreamConnection) {
        guard let exchange, exchange.upstream == nil else {
            loop.pool.release(upstream)
            return
        }
        upstream.assign(to: self, request: exchange.head)
        exchange.upstream = upstream
        sendRequest(exchange)
        resumeReading()
    }

    /// The pool has none.
    func upstreamUnavailable(isTimeout: Bool) {
        guard let exchange, exchange.upstream == nil else { return }
        let failure = isTimeout ? ExchangeProgress.Failure.answer(status: 504) : .answer(status: 502)
        fail(exchange, failure, as: isTimeout ? .upstreamSilent : .upstreamGone)
    }

    /// The model's connection has closed with the exchange, or the tunnel, on it.
    func upstreamClosed() {
        switch phase {
        case .exchanging(let exchange):
            exchange.upstream = nil
            fail(exchange, exchange.progress.upstreamFailed(nothingSent: false), as: .upstreamGone)
        case .tunnel: closeAfterWrites()
        case .idle, .draining, .closing: break
        }
    }

    // MARK: From the model

    /// A part of the response.
    ///
    /// What is written goes out with the next ``flushResponse()``.
    func receive(_ part: MessageReader.Part) {
        lastActivity = .now()
        switch (part, phase) {
        case (.head(let head), .exchanging(let exchange)): receive(head, of: exchange)
        case (.body(let wire, let content), .exchanging(let exchange)):
            loop.capture(wire, content, in: \.responseBody, of: exchange)
            write(wire)
        case (.body(let wire, _), .tunnel): write(wire)
        case (.end, .exchanging(let exchange)): exchange.progress.responseCompleted()
        default: break
        }
    }

    /// Sends what the response brought, and ends the exchange if that was all of it.
    func flushResponse() {
        context?.flush()
        if let exchange, exchange.progress.isResponseComplete { conclude(exchange) }
    }

    private func receive(_ head: MessageHead, of exchange: Exchange) {
        let isSwitch = head.status == 101 || exchange.head.isMethod("CONNECT") && (200..<300).contains(head.status)
        if head.status < 200, !isSwitch {
            // An HTTP/1.0 client knows no interim responses.
            if exchange.head.minorVersion == 1 {
                write(head.forwarded(.init(), allocator: loop.allocator) { _ in })
            }
            return
        }
        exchange.status = head.status
        exchange.progress.responseStarted()
        loop.captureResponse(head, of: exchange)
        if isSwitch {
            enterTunnel(exchange, head)
        } else {
            write(loop.responseHead(head, of: exchange))
        }
    }

    private func enterTunnel(_ exchange: Exchange, _ head: MessageHead) {
        guard exchange.mayBecomeTunnel, let upstream = exchange.upstream else {
            fail(exchange, .cutOff, as: .upstreamGone)
            return
        }
        write(head.forwarded(.init(keepsUpgrade: true), allocator: loop.allocator) { _ in })
        loop.record(exchange, as: .answered)
        phase = .tunnel(upstream)
        upstream.write(reader.takeRemainder())
        upstream.flush()
        resumeReading()
    }

    // MARK: Ends

    /// The response is complete: both connections go on, or end.
    private func conclude(_ exchange: Exchange) {
        let ending = exchange.progress.ending(upstreamStays: exchange.upstreamStays, clientStays: exchange.clientStays)
        loop.record(exchange, as: .answered)
        phase = .idle
        if let upstream = exchange.upstream {
            if upstream.unassign(), ending.upstream == .reuse {
                loop.pool.release(upstream)
            } else {
                upstream.close()
            }
        }
        switch ending.client {
        case .reuse:
            if !reader.isEmpty { process() }
            resumeReading()
        case .close: closeAfterWrites()
        case .drain: drainAfterWrites()
        }
    }

    private func fail(_ exchange: Exchange, _ failure: ExchangeProgress.Failure, as outcome: CapturedExchange.Outcome) {
        loop.pool.cancel(self)
        switch failure {
        case .retry:
            exchange.upstream = nil
            acquireUpstream(for: exchange, fresh: true)
        case .answer(let status):
            abandon(exchange, as: outcome, status: status)
            let closes = !exchange.progress.isRequestComplete || !exchange.head.keepsConnection || loop.isStopping
            let answer = status == 504 ? ProxyAnswer.upstreamSilent : .upstreamGone
            let hasBody = !exchange.head.isMethod("HEAD")
            write(answer.encoded(requestID: exchange.requestID.text, closes: closes, hasBody: hasBody))
            context?.flush()
            if closes { drainAfterWrites() } else { phase = .idle }
            if !closes, !reader.isEmpty { process() }
            resumeReading()
        case .cutOff:
            abandon(exchange, as: outcome, status: exchange.status)
            closeAfterWrites()
        case .dropClient:
            abandon(exchange, as: .clientGone, status: 499)
            closeAfterWrites()
        }
    }

    /// Records an exchange that did not end well and gives its connection up.
    private func abandon(_ exchange: Exchange, as outcome: CapturedExchange.Outcome, status: Int) {
        loop.pool.cancel(self)
        exchange.status = status
        loop.record(exchange, as: outcome)
        exchange.upstream?.close()
        exchange.upstream = nil
        phase = .closing
    }

    /// The client's bytes are not a request whose end is certain: nothing of what follows can be trusted.
    private func refuse(_ error: HTTPSyntaxError) {
        let status =
            switch error.code {
            case .headTooLarge: 431
            case .unsupportedVersion: 505
            default: 400
            }
        let requestID = exchange?.requestID.text
        if let exchange {
            let isStarted = exchange.progress.isResponseStarted
            abandon(exchange, as: .clientGone, status: isStarted ? exchange.status : status)
            if isStarted { return closeAfterWrites() }
        }
        loop.refused(error)
        let answer = ProxyAnswer(status: status, code: error.code.name, message: error.message, remedy: error.remedy)
        write(answer.encoded(requestID: requestID, closes: true))
        drainAfterWrites()
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context, bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    private func closeAfterWrites() {
        phase = .closing
        whenWritten { $0.close(promise: nil) }
    }

    /// Says that nothing more comes and lets the client read it: closing at once with unread bytes would reset the
    /// connection and could take the answer with it.
    private func drainAfterWrites() {
        phase = .draining
        whenWritten { $0.close(mode: .output, promise: nil) }
        resumeReading()
    }

    private func whenWritten(_ action: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        let bound = NIOLoopBound((context, action), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            let (context, action) = bound.value
            action(context)
        }
    }

    // MARK: Deadlines

    /// Looks whether something has been silent for longer than it may.
    func sweep(now: NIODeadline) {
        let silent = now - lastActivity
        switch phase {
        case .idle:
            if silent > loop.limits.clientTimeout || loop.isStopping && reader.isBetweenMessages {
                context?.close(promise: nil)
            }
        case .exchanging(let exchange):
            guard exchange.upstream != nil else { break }  // the pool watches over the wait for a connection
            let allowed = exchange.progress.isRequestComplete ? loop.limits.responseTimeout : loop.limits.clientTimeout
            if silent > allowed { fail(exchange, exchange.progress.timedOut(), as: .upstreamSilent) }
        case .tunnel:
            if silent > loop.limits.responseTimeout { context?.close(promise: nil) }
        case .draining, .closing:
            if silent > .seconds(2) { context?.close(promise: nil) }
        }
    }
}
