import HTTPMessages
import NIOCore
import PayloadCapture

/// The model's side of an exchange: the request goes there, the response comes from there.
extension ClientConnection {
    func acquireUpstream(for exchange: Exchange, fresh: Bool = false) {
        guard let upstream = loop.pool.acquire(for: self, fresh: fresh) else { return }
        upstream.assign(to: self, request: exchange.head)
        exchange.upstream = upstream
    }

    /// Writes what is held, or flushes what has been written since.
    func sendRequest(_ exchange: Exchange) {
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
}
